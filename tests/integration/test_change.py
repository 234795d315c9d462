"""Owners whose environment changes under them: with real processes, deliveries and failures."""

import logging
import re
import select
import sys
import threading
import time
import venv
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from framework.environments import Environment
from framework.environments.installed import current, receipt
from framework.errors import (
    BuildUnavailableError,
    FrameworkError,
    ProcessGoneError,
    RequirementsError,
)
from framework.events import Delivery, Resync
from framework.journal import Journal
from framework.protocol import messages
from framework.protocol.messages import Done, KindRequest, Page
from framework.workers.attempt import Attempt
from framework.workers.environment.builder import FINISH_SECONDS, Supply
from framework.workers.session.launch import Launch
from framework.workers.states import SERVING, State
from framework.workers.worker import Worker
from tests.fakes.shared import shared

SECONDS = 10.0  # a generous deadline: machines that run tests are slow
EVERY = 0.02  # seconds between two looks at the inputs
GAP = re.compile(r"(\d+\.\d\d) s from (\w+) to (\w+)")
# Says which environment it runs in; ends at once where its package is missing.
MAIN = """
import time
import package
from framework.sdk import Integration

integration = Integration()

@integration.on_resync("issue")
def issues(resync):
    yield [{"from": package.NAME}] * 100
    while package.NAME == "endless" and not resync.cancelled:
        time.sleep(0.01)
"""


def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        select.select([], [], [], 0.01)


class Shelf:
    """Environments made by hand; `package` of each knows its key, that of "broken" is missing."""

    def __init__(self, root: Path):
        self._root = root
        self._sdk = root / "sdk" / "lib" / "python3" / "site-packages"
        self._sdk.mkdir(parents=True)
        (self._sdk / "msgspec").symlink_to(Path(msgspec.__file__).parent)
        (root / "sdk" / receipt.NAME).touch()

    def environment(self, key: str, *, package: str | None = None) -> Environment:
        path = self._root / key
        if not path.exists():
            venv.EnvBuilder(symlinks=True).create(path)
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            module = path / "lib" / version / "site-packages" / "package.py"
            module.write_text(package or f"NAME = {key!r}\n")
            if key == "broken":
                module.unlink()
            (path / receipt.NAME).touch()
        return Environment(key, path, self._sdk)


class Inputs:
    """What a build is made from: set `wanted` to a key, or to the error that a build raises."""

    def __init__(self, shelf: Shelf):
        self._shelf = shelf
        self.wanted: str | FrameworkError = "old"
        self.builds: list[str] = []
        self.looks = 0
        self.free = threading.Event()  # a build ends once it is set
        self.free.set()

    def fingerprint(self) -> str:
        self.looks += 1
        return str(self.wanted)

    def build(self, stop: threading.Event, say: Callable[[str], None]) -> Environment:
        wanted = self.wanted
        self.builds.append(str(wanted))
        until(lambda: self.free.is_set() or stop.is_set())
        if isinstance(wanted, FrameworkError):
            raise wanted
        return self._shelf.environment(wanted)


class Export:
    """The lane's work; a delivery's effects are stored once all its pages are in `items`."""

    def __init__(self) -> None:
        self.items: list[dict[str, str]] = []
        self.errors: list[FrameworkError] = []
        self.attempts = 0
        self.gate = threading.Event()  # closed, the lane waits with what it received
        self.gate.set()

    @property
    def sources(self) -> set[str]:
        return {item["from"] for item in self.items}

    def __call__(self, attempt: Attempt) -> None:
        self.attempts += 1
        delivery = attempt.delivery
        attempt.ask(messages.Resync(delivery.id, delivery.attempt, [KindRequest("issue", 0)]))
        try:
            while not isinstance(message := attempt.receive(), Done):
                if isinstance(message, Page):
                    self.items += map(msgspec.json.decode, message.items)
                    attempt.ack(message)
                assert self.gate.wait(SECONDS)
        except FrameworkError as error:
            self.errors.append(error)
            raise


class Tended:
    """A supervisor's worth of one integration: its inputs, its journal, its worker."""

    def __init__(self, folder: Path, shelf: Shelf):
        self.inputs = Inputs(shelf)
        self.journal = Journal(folder / "journal.sqlite")
        self.journal.open()
        self.work = Export()
        self.file = current.path(folder / "environments", "jira")
        (folder / "main.py").write_text(MAIN)
        self._launch = Launch("jira", "jira", folder, Raw(b"{}"), {}, "instance", "1.0")
        self._numbers = count(1)
        self.worker: Worker | None = None

    def start(self, finish: float = FINISH_SECONDS) -> None:
        inputs = self.inputs
        supply = Supply(inputs.build, inputs.fingerprint, self.file, every=EVERY, finish=finish)
        self.worker = Worker(
            self._launch, supply, self.work, shared(self.journal), threading.Event()
        )
        self.worker.start()

    @property
    def status(self):
        assert self.worker is not None
        return self.worker.status

    def deliver(self) -> Delivery:
        assert self.worker is not None
        event = Resync(f"e{next(self._numbers)}", "jira", "test")
        (delivery,) = self.journal.record(event, ["jira"])
        self.worker.deliver(delivery)
        return delivery

    def until(self, state: State, environment: str | None = None) -> None:
        until(lambda: self.status.state is state and environment in {None, self.status.environment})

    def until_remarked(self, words: str) -> None:
        until(lambda: self.status.state in SERVING and words in (self.status.reason or ""))

    def done(self) -> bool:
        return self.journal.pending() == []

    def stop(self) -> None:
        if self.worker:
            self.worker.stop()
            self.worker.join(SECONDS)
            assert self.status.state is State.STOPPED

    def restart(self) -> None:
        """Do what a restart of the supervisor does."""
        self.stop()
        self.start()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def jira(tmp_path, shelf, caplog) -> Iterator[Tended]:
    caplog.set_level(logging.INFO)
    jira = Tended(tmp_path, shelf)
    yield jira
    jira.stop()
    jira.journal.close()


class Load(threading.Thread):
    """Deliveries without a pause, until closed."""

    def __init__(self, deliver: Callable[[], object]):
        super().__init__(name="load", daemon=True)
        self._deliver = deliver
        self._over = threading.Event()
        self.delivered = 0

    def run(self) -> None:
        while not self._over.wait(0.005):
            self._deliver()
            self.delivered += 1

    def close(self) -> None:
        self._over.set()
        self.join(SECONDS)


def gaps(caplog) -> list[tuple[str, str, str]]:
    return [found.groups() for message in caplog.messages if (found := GAP.fullmatch(message))]


# --- the way forward


def test_a_change_under_load_loses_no_delivery_and_its_gap_is_one_start(jira, caplog, capsys):
    jira.start()
    load = Load(jira.deliver)
    load.start()
    until(lambda: jira.work.items)
    jira.inputs.free.clear()
    jira.inputs.wanted = "new"
    jira.until_remarked("building a new environment")
    served = len(jira.work.items)
    until(lambda: len(jira.work.items) > served)  # deliveries go on beside the build
    jira.inputs.free.set()
    jira.until(State.READY, "new")
    until(lambda: "new" in jira.work.sources)
    load.close()
    until(jira.done)

    assert (jira.work.errors, jira.status.restarts, jira.status.reason) == ([], 1, None)
    assert load.delivered > 10
    ((gap, *keys),) = gaps(caplog)
    assert keys == ["old", "new"]
    assert float(gap) < 5
    with capsys.disabled():
        print(f"\n{load.delivered} deliveries, none lost; the gap was {gap} s")  # noqa: T201 - shown


def test_the_delivery_in_work_is_finished_before_the_change(jira):
    jira.start()
    jira.work.gate.clear()
    jira.deliver()
    until(lambda: jira.work.items)
    jira.inputs.wanted = "new"
    jira.until_remarked("a new environment waits for the delivery in work")
    jira.deliver()
    jira.work.gate.set()
    until(jira.done)

    assert (jira.work.errors, jira.work.attempts) == ([], 2)
    assert [item["from"] for item in jira.work.items[::100]] == ["old", "new"]


def test_a_delivery_that_takes_too_long_is_given_back_and_done_by_the_new_process(jira):
    jira.inputs.wanted = "endless"
    jira.start(finish=0.1)
    jira.deliver()
    until(lambda: jira.work.items)
    jira.inputs.wanted = "new"
    until(jira.done)

    assert [type(error) for error in jira.work.errors] == [ProcessGoneError]
    assert jira.work.attempts == 2
    assert jira.work.sources == {"endless", "new"}


def test_a_process_that_dies_while_it_should_make_way_is_followed_by_the_new_one(jira):
    jira.inputs.wanted = "endless"
    jira.start()
    jira.deliver()
    until(lambda: jira.work.items)
    jira.inputs.wanted = "new"
    jira.until_remarked("waits")
    jira.worker._slot.session.kill("the test says so")
    until(jira.done)

    assert (jira.status.environment, jira.status.restarts) == ("new", 1)


def test_inputs_that_lead_to_the_same_environment_leave_the_process_alone(jira, shelf):
    jira.start()
    jira.until(State.READY)
    pid = jira.status.pid
    same = shelf.environment("old")
    jira.inputs._shelf = type("Same", (), {"environment": lambda *_: same})
    jira.inputs.wanted = "old, with a comment"
    until(lambda: len(jira.inputs.builds) == 2 and jira.status.reason is None)

    assert jira.status.pid == pid


def test_a_stop_in_the_middle_of_a_change_ends_everything(jira):
    jira.inputs.wanted = "endless"
    jira.start()
    jira.deliver()
    until(lambda: jira.work.items)
    jira.inputs.wanted = "new"
    jira.until_remarked("waits")
    jira.stop()

    assert jira.status.pid is None
    assert len(jira.journal.pending()) == 1


# --- builds that fail


@pytest.mark.parametrize("error", [RequirementsError, BuildUnavailableError])
def test_a_build_that_fails_leaves_the_old_environment_serving(jira, error):
    jira.start()
    jira.until(State.READY)
    pid = jira.status.pid
    jira.inputs.wanted = error("no version matches")
    jira.until_remarked("the new environment could not be built: no version matches")
    jira.deliver()
    until(jira.done)
    assert (jira.status.pid, jira.status.environment) == (pid, "old")

    jira.inputs.wanted = "new"
    jira.until(State.READY, "new")
    assert jira.status.reason is None


@pytest.mark.parametrize("error", [RequirementsError, BuildUnavailableError])
def test_when_a_build_fails_at_the_start_the_environment_of_before_serves(jira, error):
    jira.start()
    jira.until(State.READY)
    jira.inputs.wanted = error("no version matches")
    jira.restart()
    jira.until(State.DEGRADED, "old")

    assert jira.status.reason == "the new environment could not be built: no version matches"


def test_a_process_that_dies_is_started_again_although_the_build_fails(jira):
    jira.start()
    jira.until(State.READY)
    jira.inputs.wanted = RequirementsError("no version matches")
    jira.until_remarked("no version matches")
    jira.worker._slot.session.kill("the test says so")
    until(lambda: jira.status.restarts)
    jira.until_remarked("no version matches")

    assert jira.inputs.builds == ["old", "no version matches"]


def test_without_any_environment_wrong_requirements_block_until_they_change(jira):
    jira.inputs.wanted = RequirementsError("no version matches")
    jira.start()
    jira.until(State.BLOCKED)
    assert jira.status.reason == "no version matches"

    jira.inputs.wanted = "new"
    jira.until(State.READY, "new")


def test_without_any_environment_the_world_is_waited_for(jira, caplog):
    jira.inputs.wanted = BuildUnavailableError("the index is down")
    jira.start()
    jira.until(State.BACKOFF)
    assert jira.status.reason == "the index is down"
    assert "the index is down; the next build is in 10 s" in caplog.messages


# --- the way back


def test_a_broken_version_rolls_back_by_itself_and_stays_away_until_its_inputs_change(jira, caplog):
    jira.start()
    jira.until(State.READY)
    jira.inputs.wanted = "broken"
    until(lambda: jira.status.environment == "broken")
    waiting = jira.deliver()
    jira.until(State.DEGRADED, "old")
    until(jira.done)

    refusal = "the new environment broken is not used: 3 ends in its first 5 minutes, the last: "
    refusal += "exit status 1: ModuleNotFoundError: No module named 'package'"
    assert jira.status.reason == refusal
    assert waiting.id == "e1/jira"
    assert jira.work.sources == {"old"}
    assert [keys for _, *keys in gaps(caplog)] == [["old", "old"]]
    assert jira.inputs.builds == ["old", "broken"]

    jira.restart()
    jira.until(State.DEGRADED, "old")
    assert (jira.status.reason, jira.status.restarts) == (refusal, 0)
    looks = jira.inputs.looks
    until(lambda: jira.inputs.looks > looks + 1)
    assert jira.inputs.builds == ["old", "broken"]

    jira.inputs.wanted = "new"
    jira.until(State.READY, "new")
    assert jira.status.reason is None
    assert current.read(jira.file).bad is None


def test_a_broken_version_right_after_a_good_one_leads_back_to_the_good_one(jira, shelf):
    shelf.environment("mute", package="import sys\nsys.exit(78)\n")
    jira.start()
    jira.until(State.READY)
    jira.inputs.wanted = "new"
    jira.until(State.READY, "new")
    jira.inputs.wanted = "mute"
    jira.until_remarked("is not used")

    assert jira.status.environment == "new"


def test_a_version_that_cannot_work_rolls_back_at_once(jira, shelf):
    says_no = "import sys\nprint('msgspec 0.17 is too old')\nsys.exit(78)\n"
    shelf.environment("hopeless", package=says_no)
    jira.start()
    jira.until(State.READY)
    jira.inputs.wanted = "hopeless"
    jira.until_remarked("hopeless is not used: exit status 78 (EX_CONFIG): msgspec 0.17 is too old")

    assert (jira.status.environment, jira.status.restarts) == ("old", 2)


def test_requirements_that_are_taken_back_lift_the_mark(jira, shelf):
    shelf.environment("mute", package="import sys\nsys.exit(78)\n")
    jira.start()
    jira.until(State.READY)
    jira.inputs.wanted = "mute"
    jira.until_remarked("is not used")
    pid = jira.status.pid
    jira.inputs.wanted = "old"
    until(lambda: jira.status.reason is None)

    assert (jira.status.state, jira.status.pid) == (State.READY, pid)
    until(lambda: current.read(jira.file).bad is None)


def test_the_first_environment_has_no_way_back(jira, caplog):
    jira.inputs.wanted = "broken"
    jira.start()
    jira.until(State.BACKOFF)
    assert jira.status.reason == "exit status 1: ModuleNotFoundError: No module named 'package'"

    jira.inputs.wanted = "new"
    jira.until(State.READY, "new")
