"""Integrations on every CPython 3.10 to 3.13 of this machine; needs a package index."""

import os
import select
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from framework import kernel
from framework.environments import Environments
from framework.environments.environment import Wanted
from framework.environments.python import finder
from framework.environments.python.identity import Python
from framework.environments.python.survey import SUPPORTED
from framework.environments.settings import Installation
from framework.errors import RequirementsError
from framework.events import Resync as Event
from framework.journal import Journal
from framework.protocol.messages import Done, KindRequest, Page, Resync
from framework.workers.attempt import Attempt
from framework.workers.environment.builder import Supply
from framework.workers.session.launch import Launch
from framework.workers.states import State
from framework.workers.worker import Worker
from tests.fakes.shared import shared

SECONDS = 60.0  # for a build, too
# Tells what it runs on; one that has no msgspec of its own uses the framework's.
MAIN = """
import sys
from pathlib import Path
import msgspec
from framework.sdk import Integration

integration = Integration()

@integration.on_resync("fact")
def facts(resync):
    folder = str(Path(msgspec.__file__).parents[1])
    yield [{"python": sys.version, "msgspec": msgspec.__version__, "folder": folder}]
"""


def found(version: str) -> Python | None:
    try:
        return finder.find(version, Path(os.devnull, "pythons.json"))
    except RequirementsError:
        return None


PYTHONS = {version: found(version) for version in SUPPORTED}
each_python = pytest.mark.parametrize(
    "version",
    [
        pytest.param(
            version, marks=[] if python else pytest.mark.skip(reason=f"no CPython {version}")
        )
        for version, python in PYTHONS.items()
    ],
)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        select.select([], [], [], 0.01)


class Facts:
    """Asks for the facts and keeps them."""

    def __init__(self) -> None:
        self.items: list[dict[str, str]] = []

    def __call__(self, attempt: Attempt) -> None:
        delivery = attempt.delivery
        attempt.ask(Resync(delivery.id, delivery.attempt, [KindRequest("fact", 0)]))
        while not isinstance(message := attempt.receive(), Done):
            if isinstance(message, Page):
                self.items += map(msgspec.json.decode, message.items)
                attempt.ack(message)


class House:
    """Environments, and workers that build theirs there."""

    def __init__(self, environments: Environments, folder: Path):
        self.environments = environments
        self.folder = folder
        self._journal = Journal(folder / "journal.sqlite")
        self._journal.open()
        self._workers: list[Worker] = []

    def wanting(self, name: str, python: str, requirements: str = "") -> Wanted:
        place = self.folder / name
        place.mkdir()
        (place / "main.py").write_text(MAIN)
        (place / "requirements.txt").write_text(requirements)
        return Wanted(name, place, Installation(python=python))

    def start(self, wanted: Wanted) -> tuple[Worker, Facts]:
        work = Facts()
        launch = Launch(wanted.label, "facts", wanted.folder, Raw(b"{}"), {}, "test", "1.0")
        supply = Supply(
            build=partial(self.environments.ensure, wanted),
            fingerprint=partial(self.environments.fingerprint, wanted),
            file=wanted.folder / "current.json",
        )
        worker = Worker(launch, supply, work, shared(self._journal), threading.Event())
        self._workers.append(worker)
        worker.start()
        return worker, work

    def facts(self, wanted: Wanted) -> dict[str, str]:
        return self.ask(*self.start(wanted))

    def ask(self, worker: Worker, work: Facts) -> dict[str, str]:
        """Have the integration tell once more what it runs on."""
        work.items.clear()
        identifier = worker.status.identifier
        event = Event(f"{identifier}/{time.monotonic_ns()}", identifier, "test")
        (delivery,) = self._journal.record(event, [identifier])
        worker.deliver(delivery)
        until(lambda: work.items or worker.status.state is State.BLOCKED)
        assert work.items, worker.status.reason
        return work.items[0]

    def close(self) -> None:
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(SECONDS)
        self._journal.close()


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """One for the module: what one test fetched, the next has in the cache."""
    return Environments(tmp_path_factory.mktemp("state") / "environments")


@pytest.fixture
def house(environments: Environments, tmp_path: Path) -> Iterator[House]:
    kernel.adopt_orphans()
    house = House(environments, tmp_path)
    yield house
    house.close()
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 0)


@pytest.fixture
def removable(tmp_path: Path) -> Path:
    """A Python that may be replaced and removed: a program of its own, the library of another."""
    real = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    path = tmp_path / "opt" / "bin" / real.name
    path.parent.mkdir(parents=True)
    (tmp_path / "opt" / "lib").symlink_to(real.parents[1] / "lib")
    shutil.copy2(real, path)
    return path


@each_python
def test_an_integration_runs_on_the_python_it_asks_for(house: House, version: str) -> None:
    python = PYTHONS[version]
    assert python is not None
    wanted = house.wanting(f"on-{version}", version)

    facts = house.facts(wanted)

    assert facts["python"] == python.version
    environment = house.environments.ready(wanted)
    assert environment is not None
    assert facts["folder"] == str(environment.msgspec)
    assert environment.python.resolve() == Path(python.path)


def test_each_python_has_an_msgspec_of_its_own(house: House) -> None:
    wanted = [
        house.wanting(f"own-{version}", version) for version, known in PYTHONS.items() if known
    ]

    built = [house.environments.ensure(one, threading.Event(), print) for one in wanted]

    assert len({one.msgspec for one in built}) == len(wanted)
    assert [one.msgspec.parent.name for one in built] == [
        f"python{one.installation.python}" for one in wanted
    ]


@pytest.mark.skipif(not PYTHONS["3.11"], reason="no CPython 3.11")
def test_an_msgspec_0_18_of_its_own_is_used(house: House) -> None:
    facts = house.facts(house.wanting("old", "3.11", "msgspec==0.18.6\n"))

    assert facts["msgspec"] == "0.18.6"


@pytest.mark.skipif(not PYTHONS["3.11"], reason="no CPython 3.11")
def test_an_older_one_is_blocked_and_the_status_says_why(house: House) -> None:
    worker, _ = house.start(house.wanting("older", "3.11", "msgspec<0.18\n"))

    until(lambda: worker.status.state is State.BLOCKED)

    assert worker.status.reason == (
        "exit status 78 (EX_CONFIG): msgspec 0.17.0 is too old: "
        "let requirements.txt say msgspec>=0.18"
    )


def test_a_python_that_was_replaced_leads_to_another_environment(
    house: House, removable: Path
) -> None:
    wanted = house.wanting("replaced", str(removable))
    before = house.environments.ensure(wanted, threading.Event(), print)
    os.utime(removable, ns=(1, 1))

    assert house.environments.ready(wanted) is None
    after = house.environments.ensure(wanted, threading.Event(), print)

    assert after.key != before.key
    assert after.msgspec != before.msgspec
    assert before.python.exists()  # who runs on it may go on


def test_a_python_that_was_removed_is_named_and_who_runs_on_it_goes_on(
    house: House, removable: Path
) -> None:
    wanted = house.wanting("removed", str(removable))
    worker, work = house.start(wanted)
    first = house.ask(worker, work)
    removable.unlink()

    with pytest.raises(RequirementsError) as caught:
        house.environments.ensure(wanted, threading.Event(), print)

    assert str(caught.value).startswith(f"{removable}: No such file or directory. Integrations run")
    assert "found: 3." in str(caught.value)
    assert house.ask(worker, work) == first
    assert worker.status.restarts == 0
