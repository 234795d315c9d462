import logging
import os
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from framework.environments import Environment
from framework.environments.installed import current
from framework.machine.limits import Limits
from framework.masking import Masks
from framework.port.token import Tokens
from framework.slots import Slots
from framework.state import StateFolder
from framework.supervisor import wiring
from framework.supervisor.wiring import Means
from framework.workers.states import State
from tests.fakes.shared import STARTS
from tests.supervisor.conftest import NOWHERE

SOURCE = "from framework.sdk import Integration\n"
MASKS = Masks()
ENVIRONMENT = Environment("key", Path("/envs/key"), Path("/envs/sdk"))


class Shelf:
    """Environments of integrations, by what a test says."""

    def __init__(self, root):
        self.root, self.inputs, self.built = root, "a", []

    def fingerprint(self, wanted):
        return f"{wanted.label} {self.inputs}"

    def ensure(self, wanted, stop, say):
        self.built.append((wanted.label, wanted.folder, stop))
        return ENVIRONMENT


@pytest.fixture
def means(tmp_path, journal):
    folder = StateFolder(tmp_path / "state")
    shelf = Shelf(tmp_path / "environments")
    mappers, slots = SimpleNamespace(), Slots(1)
    yield Means(
        folder,
        "1.0",
        NOWHERE,
        Tokens(NOWHERE, MASKS),
        journal,
        shelf,
        mappers,
        slots,
        STARTS,
        MASKS,
    )
    folder.close()


@pytest.fixture
def worker(means, one, tmp_path):
    (tmp_path / "main.py").write_text(SOURCE)
    settings = one(
        "eu", config={"token": "s3cret"}, env={"REGION": "eu"}, limits=Limits(open_files=99)
    )
    return wiring.worker(settings, means)


def test_a_worker_is_made_of_what_its_settings_say(worker, means, tmp_path):
    launch = worker._life.slot._launch

    assert (launch.identifier, launch.type, launch.folder) == ("eu", "type", tmp_path)
    assert msgspec.json.decode(launch.config) == {"token": "s3cret"}
    assert (launch.env, launch.open_files) == ({"REGION": "eu"}, 99)
    assert launch.marker == f"{means.folder.instance}/eu"
    assert worker.name == "owner/eu"


def test_a_worker_has_not_begun_and_is_pending(worker):
    assert worker.ident is None
    assert (worker.status.identifier, worker.status.state) == ("eu", State.PENDING)


def test_its_environments_are_those_of_its_folder_and_a_stop_ends_a_build(worker, means, tmp_path):
    stopping = worker._loop.stopping

    assert worker.supply.build(stopping, print) is ENVIRONMENT
    assert means.environments.built == [("eu", tmp_path, stopping)]
    assert worker.supply.file == current.path(means.environments.root, "eu")


def test_its_inputs_change_with_the_requirements_and_with_the_code(worker, means, tmp_path):
    seen = [worker.supply.fingerprint()]
    means.environments.inputs = "b"
    seen.append(worker.supply.fingerprint())
    os.utime(tmp_path / "main.py", (1, 1))
    seen.append(worker.supply.fingerprint())
    (tmp_path / "helper.py").write_text("")
    seen.append(worker.supply.fingerprint())

    assert len({*seen}) == 4
    assert worker.supply.fingerprint() == seen[-1]


def test_what_a_lane_does_is_a_resync_in_its_name_which_a_stop_ends(worker, means):
    exporter = worker._lane._work._exporter

    assert (exporter.identifier, exporter.type) == ("eu", "type")
    assert exporter.journal is means.journal
    assert exporter.log is logging.getLogger("integration.eu")
    assert exporter.stop is worker._loop.stopping


def test_each_worker_is_stopped_for_itself(means, one):
    first, second = (wiring.worker(one(name), means) for name in ("eu", "us"))
    first.stop()

    assert first._loop.stopping.is_set()
    assert not second._loop.stopping.is_set()
