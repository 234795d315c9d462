import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from msgspec import structs

from framework.environments.building.build import Order
from framework.environments.building.maker import Maker
from framework.environments.environment import Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.sources import Sources
from framework.environments.lock.lock import Lock
from framework.environments.python import identity
from framework.environments.uv.workspace import Workspace
from tests.fakes.uv import FakeUv

CORES = os.cpu_count() or 1


@pytest.fixture
def order(requirements: Path) -> Order:
    its = inputs.read(Wanted("kafka", requirements.parent), identity.own(), Sources())
    return Order("0" * 32, its, Lock("", "", "six==1.17.0 --hash=sha256:0\n"))


def test_what_is_made_is_found_where_it_belongs(root: Path, uv: FakeUv, order: Order) -> None:
    maker = Maker(root, Workspace(root, uv.path, "instance", 60.0))
    assert maker.found(order.key) is None
    made = maker.ensure(order, Event(), print)
    assert maker.found(order.key) == made
    assert maker.path(order.key) == root / "envs" / order.key
    assert uv.environ["FRAMEWORK_INSTANCE"] == "instance/build/kafka/1"


def test_what_is_there_is_not_made_again(root: Path, uv: FakeUv, order: Order) -> None:
    maker = Maker(root, Workspace(root, uv.path, "", 60.0))
    made = maker.ensure(order, Event(), print)
    calls = uv.calls
    again = structs.replace(order, why="again")
    assert Maker(root, Workspace(root, uv.path, "", 60.0)).ensure(again, Event(), print) == made
    assert uv.calls == calls


def test_as_many_builds_as_there_are_cores_run_side_by_side(
    root: Path, uv: FakeUv, order: Order, tmp_path: Path
) -> None:
    uv.then(
        "sync",
        f"touch {tmp_path}/busy.$$; ls {tmp_path} | grep -c busy >> {tmp_path}/counts; sleep 0.3;"
        f" rm {tmp_path}/busy.$$",
    )
    maker = Maker(root, Workspace(root, uv.path, "", 60.0))
    orders = [structs.replace(order, key=f"{n:032}") for n in range(3 * CORES)]
    with ThreadPoolExecutor(len(orders)) as pool:
        made = list(pool.map(lambda one: maker.ensure(one, Event(), print), orders))
    assert [one.key for one in made] == [one.key for one in orders]
    assert max(map(int, (tmp_path / "counts").read_text().split())) == CORES
