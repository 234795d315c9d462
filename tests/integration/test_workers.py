"""Owners with real processes: integrations that behave, and such that break every rule."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import venv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest
from msgspec import Raw

from framework import kernel
from framework.environments import Environment
from framework.environments.installed import leases, receipt
from framework.errors import (
    BuildError,
    FrameworkError,
    PortUnavailableError,
    SourceError,
    StoppedError,
)
from framework.events import Delivery
from framework.events import Resync as Event
from framework.journal import Desired, Journal
from framework.process import Child, bound
from framework.protocol.messages import Done, KindDone, KindRequest, Page, Resync
from framework.workers import life
from framework.workers.attempt import Attempt
from framework.workers.environment.builder import Supply
from framework.workers.session import exits, session
from framework.workers.session.launch import Launch
from framework.workers.states import State
from framework.workers.worker import Worker
from tests.fakes import children
from tests.fakes.children import gone
from tests.fakes.shared import shared

SECONDS = 30.0  # a generous deadline: machines that run tests are slow
ROOT = Path(__file__).parents[2]
HEAD = "import os, subprocess, sys\nfrom framework.sdk import Integration\n"
HEAD += "integration = Integration()\n"
QUICK = '@integration.on_resync("issue")\ndef issues(resync):\n    return [{"id": 1}]\n'
# Yields one page, then works until it is cancelled; asked a second time, it ends by itself.
SLOW_AT_FIRST = """
asked = []

@integration.on_resync("issue")
def issues(resync):
    yield [{"id": number} for number in range(100)]
    again = os.path.exists("asked")
    open("asked", "w").close()
    while not resync.cancelled and not again:
        pass
    if resync.cancelled:
        integration.log.info("it was cancelled")
"""
# Once: starts a program in a session of its own, with the environment `env`, and says its pid.
LEAVE_BEHIND = """
@integration.on_resync("issue")
def issues(resync):
    if os.path.exists("left"):
        return
    open("left", "w").close()
    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    left = subprocess.Popen(argv, start_new_session=True, env={env})
    yield [{{"pid": left.pid}}] * 100
    while not resync.cancelled:
        pass
"""
# An integration without the sdk, whose answer to `resync` is what a test is about.
BY_HAND = """
import json, os, signal, sys, time

def say(type, **fields):
    print(json.dumps({"type": type, **fields}, separators=(",", ":")), flush=True)

def page(seq, **fields):
    say("page", **{"delivery": delivery, "seq": seq, "kind": "issue", "index": 0, **fields})

for line in sys.stdin:
    match json.loads(line):
        case {"type": "hello"}:
            say("hello", protocol=1)
        case {"type": "configure"}:
            say("ready")
        case {"type": "ping", "n": n}:
            say("pong", n=n)
        case {"type": "cancel", "delivery": delivery}:
            say("done", delivery=delivery, outcome="cancelled")
        case {"type": "shutdown"}:
            break
        case {"type": "resync", "delivery": delivery, "attempt": attempt}:
"""
# Greets, then neither reads nor ends; it notes that it was asked to.
DEAF = """
import signal, sys

def asked(*_):
    open("asked", "w").close()
    sys.exit(0)

signal.signal(signal.SIGTERM, asked)
print('{"type":"hello","protocol":1}', flush=True)
while True:
    signal.pause()
"""
# A supervisor with one worker; it says the pid of the worker's process.
SUPERVISOR = """
import sys, threading
from pathlib import Path
from msgspec import Raw
from framework.environments import Environment
from framework.workers.environment.builder import Supply
from framework.workers.session.launch import Launch
from framework.workers.worker import Worker
from tests.fakes.shared import Notes, shared

folder, path, msgspec = map(Path, sys.argv[1:])
launch = Launch("jira", "jira", folder, Raw(b"{}"), {}, "test", "1.0")
environment = Environment("test", path, msgspec)
supply = Supply(lambda stop, say: environment, str, folder / "current.json")
worker = Worker(launch, supply, print, shared(Notes()), threading.Event())
worker.start()
while worker.status.state != "READY":
    worker.join(0.01)
print(worker.status.pid, flush=True)
sys.stdin.read()
"""


until = partial(children.until, seconds=SECONDS)


class ByHand(Launch, frozen=True):
    """An integration whose main.py speaks the protocol itself."""

    def start(self, environment: Environment) -> Child:
        argv = bound([str(environment.python), str(self.folder / "main.py")])
        return Child(argv, self.environ(environment), self.folder)


class Export:
    """What the lane does: ask for one kind, take everything; it keeps what it saw."""

    def __init__(self) -> None:
        self.attempts: list[tuple[str, int]] = []
        self.received: list[Page | KindDone | Done] = []
        self.errors: list[FrameworkError] = []

    def __call__(self, attempt: Attempt) -> None:
        delivery = attempt.delivery
        self.attempts.append((delivery.event.id, delivery.attempt))
        attempt.ask(Resync(delivery.id, delivery.attempt, [KindRequest("issue", 0)]))
        try:
            self.take(attempt)
        except FrameworkError as error:
            self.errors.append(error)
            raise

    def take(self, attempt: Attempt) -> None:
        while not isinstance(message := attempt.receive(), Done):
            self.received.append(message)
            if isinstance(message, Page):
                attempt.ack(message)
        self.received.append(message)

    @property
    def items(self) -> list[dict]:
        pages = [message for message in self.received if isinstance(message, Page)]
        return [msgspec.json.decode(item) for page in pages for item in page.items]


class Tended:
    """A worker in a thread of its own, what its lane saw, and its journal."""

    def __init__(self, launch: Launch, build: Callable, work: Export, journal: Journal):
        self.work = work
        self.journal = journal
        supply = Supply(build, str, launch.folder / "current.json")
        self.worker = Worker(launch, supply, work, shared(journal), threading.Event())
        self.worker.start()

    @property
    def pid(self) -> int:
        assert self.worker.status.pid is not None
        return self.worker.status.pid

    def deliver(self, event: str) -> None:
        identifier = self.worker.status.identifier
        (delivery,) = self.journal.record(Event(event, identifier, "test"), [identifier])
        self.worker.deliver(delivery)

    def until(self, state: State) -> None:
        until(lambda: self.worker.status.state is state)

    def until_restarted(self) -> None:
        until(lambda: self.worker.status.restarts)
        self.until(State.READY)

    def until_failed(self, times: int) -> None:
        """Wait until so many processes have ended by themselves."""

        def failed() -> bool:
            known = self.journal.transitions(self.worker.status.identifier)
            return sum(one.after == "BACKOFF" for one in known) >= times

        until(failed)

    def done(self) -> bool:
        return self.pending == []

    @property
    def pending(self) -> list[Delivery]:
        return self.journal.pending()

    def end(self) -> None:
        self.worker.stop()
        self.worker.join(SECONDS)
        assert self.worker.status.state is State.STOPPED
        assert self.worker.status.pid is None


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Environment:
    path = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(symlinks=True).create(path / "venv")
    site_packages = path / "sdk" / "lib" / "python3" / "site-packages"
    site_packages.mkdir(parents=True)
    (site_packages / "msgspec").symlink_to(Path(msgspec.__file__).parent)
    for name in ("venv", "sdk"):
        (path / name / receipt.NAME).touch()
    return Environment("test", path / "venv", site_packages)


@pytest.fixture
def adopting() -> Iterator[None]:
    kernel.adopt_orphans()
    yield
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 0)


@pytest.fixture
def tend(tmp_path, environment, adopting, caplog) -> Iterator[Callable[..., Tended]]:
    caplog.set_level(logging.INFO)
    journal = Journal(tmp_path / "journal.sqlite")
    journal.open()
    started: list[Tended] = []

    def start(main: str, *, sort=Launch, build=None, work=None, **settings) -> Tended:
        identifier = settings.get("identifier", "jira")
        folder = tmp_path / identifier
        folder.mkdir()
        (folder / "main.py").write_text(main)
        config = Raw(msgspec.json.encode(settings.get("config", {})))
        launch = sort(identifier, "jira", folder, config, {}, "instance", "1.0")
        tended = Tended(launch, build or (lambda *_: environment), work or Export(), journal)
        started.append(tended)
        return tended

    yield start
    for tended in started:
        tended.worker.stop()
    for tended in started:
        tended.end()
    journal.close()


@pytest.fixture
def by_hand(tend) -> Callable[..., Tended]:
    def start(answer: str, **settings) -> Tended:
        body = textwrap.indent(textwrap.dedent(answer), " " * 12)
        return tend(BY_HAND + body, sort=ByHand, **settings)

    return start


# --- life


def test_a_process_becomes_ready_and_a_delivery_is_done(tend):
    jira = tend(HEAD + QUICK)
    jira.until(State.READY)
    assert psutil.Process(jira.pid).status() != psutil.STATUS_ZOMBIE
    assert (jira.worker.status.restarts, jira.worker.status.environment) == (0, "test")

    jira.deliver("e1")
    until(jira.done)

    assert jira.work.attempts == [("e1", 1)]
    assert jira.work.received == [
        Page("e1/jira", 1, "issue", 0, [Raw(b'{"id":1}')]),
        KindDone("e1/jira", "issue", 0),
        Done("e1/jira", "ok", pages=1),
    ]


def test_a_process_holds_leases_on_its_environments_as_long_as_it_lives(tend, environment):
    jira = tend(HEAD + QUICK)
    jira.until(State.READY)
    both = (environment.path, environment.msgspec.parents[2])
    assert all(map(leases.in_use, both))

    jira.end()
    assert not any(map(leases.in_use, both))


def test_an_environment_that_was_collected_is_built_again(tend, environment, tmp_path):
    gone = Environment("gone", tmp_path / "gone", environment.msgspec)
    built = iter([gone, environment])
    jira = tend(HEAD + QUICK, build=lambda *_: next(built))
    jira.until(State.BACKOFF)
    assert "could not be started" in jira.worker.status.reason
    jira.until(State.READY)


def test_what_comes_before_the_process_is_ready_waits_for_it(tend):
    jira = tend(HEAD + QUICK)
    jira.deliver("e1")
    until(jira.done)

    assert jira.work.attempts == [("e1", 1)]


def test_a_message_far_larger_than_a_pipe_arrives_whole(tend):
    size = '@integration.on_resync("issue")\ndef issues(resync):\n'
    size += '    return [{"size": len(resync.config["padding"])}]\n'
    jira = tend(HEAD + size, config={"padding": "x" * 1_000_000})
    jira.deliver("e1")
    until(jira.done)

    assert jira.work.items == [{"size": 1_000_000}]


def test_a_waiting_delivery_absorbs_later_ones(tend):
    gate = threading.Event()

    class Gated(Export):
        def take(self, attempt: Attempt) -> None:
            assert gate.wait(SECONDS)
            super().take(attempt)

    jira = tend(HEAD + QUICK, work=Gated())
    jira.deliver("e1")
    until(lambda: jira.work.attempts)
    jira.deliver("e2")
    jira.deliver("e3")
    gate.set()
    until(jira.done)

    assert jira.work.attempts == [("e1", 1), ("e2", 1)]


def test_stray_output_reaches_the_log_and_breaks_nothing(tend, caplog):
    noise = """
import ctypes
print("stray: import")

@integration.on_resync("issue")
def issues(resync):
    print("stray: print")
    os.write(1, b"stray: os.write\\n")
    ctypes.CDLL(None).puts(b"stray: puts")
    subprocess.run(["echo", "stray: subprocess"])
    return [{"id": 1}]
"""
    jira = tend(HEAD + noise)
    jira.deliver("e1")
    until(jira.done)
    jira.end()

    sorts = ("import", "print", "os.write", "puts", "subprocess")
    strays = [message for message in caplog.messages if message.startswith("stray: ")]
    assert strays == [f"stray: {sort}" for sort in sorts]
    assert jira.work.received[-1].outcome == "ok"
    assert jira.worker.status.restarts == 0


# --- deaths


def test_a_process_killed_in_the_middle_is_restarted_and_the_delivery_repeated(tend):
    jira = tend(HEAD + SLOW_AT_FIRST)
    jira.deliver("e1")
    until(lambda: jira.work.items and Path(f"/proc/{jira.pid}/cwd/asked").exists())
    first = jira.pid
    os.kill(first, signal.SIGKILL)
    jira.until_restarted()
    until(jira.done)

    assert [str(error) for error in jira.work.errors] == [
        f"its process ended: {exits.died(-9, '')}"
    ]
    assert jira.work.attempts == [("e1", 1), ("e1", 2)]
    assert (jira.work.received[-1].outcome, len(jira.work.items)) == ("ok", 200)
    assert jira.pid != first


def test_a_process_killed_while_bytes_wait_for_it_is_restarted(tend):
    jira = tend(DEAF, sort=ByHand, config={"padding": "x" * 300_000})
    until(lambda: jira.worker._slot.session and jira.worker._slot.session.writing)
    os.kill(jira.pid, signal.SIGKILL)
    until(lambda: jira.worker.status.restarts)
    until(lambda: jira.worker._slot.session and jira.worker._slot.session.writing)
    os.kill(jira.pid, signal.SIGKILL)


def test_a_process_that_ends_at_once_is_started_again_ever_more_slowly(tend, caplog):
    jira = tend("import sys\nsys.stderr.write('no such')\nsys.exit(' broker')\n")
    jira.until(State.BACKOFF)
    status = jira.worker.status
    assert (status.reason, status.pid) == ("exit status 1: no such broker", None)
    jira.until_failed(3)

    waits = [float(one.split()[-2]) for one in caplog.messages if "the next try is in" in one]
    assert 0.5 <= waits[0] <= 1 <= waits[1] <= 2 <= waits[2] <= 4
    assert jira.worker.status.restarts == 2


def test_the_last_words_count_even_without_a_newline(tend):
    jira = tend("import os\nos.write(2, b'first\\nout of luck')\nos._exit(3)\n")
    jira.until(State.BACKOFF)

    assert jira.worker.status.reason == "exit status 3: out of luck"


def test_a_death_is_in_the_journal_with_all_that_is_known_of_it(tend):
    loud = HEAD + "sys.stderr.write('Traceback\\nno such broker\\n')\n" + QUICK
    jira = tend(loud)
    jira.until(State.READY)
    pid = jira.pid
    os.kill(pid, signal.SIGKILL)
    jira.until_failed(1)

    died = next(one for one in jira.journal.transitions("jira") if one.after == "BACKOFF")
    assert (died.before, died.pid, died.signal, died.exit_code) == ("READY", pid, "SIGKILL", None)
    assert died.stderr == ["Traceback", "no such broker"]
    assert died.reason.startswith("killed by SIGKILL, not by the supervisor")


def test_a_process_that_no_longer_answers_is_replaced_and_says_where_it_was(
    tend, caplog, monkeypatch
):
    monkeypatch.setattr(session, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(session, "PONG_SECONDS", 2.0)
    stuck = """
import ctypes

@integration.on_resync("issue")
def issues(resync):
    if os.path.exists("asked"):
        return []
    open("asked", "w").close()
    while True:
        ctypes.PyDLL(None).sleep(600)  # holds the interpreter, as C extensions can
"""
    jira = tend(HEAD + stuck)
    jira.deliver("e1")
    until(lambda: jira.worker.status.reason == "no `pong` for 2 s")
    monkeypatch.undo()
    until(jira.done)

    assert jira.work.attempts == [("e1", 1), ("e1", 2)]
    assert "no `pong` for 2 s; the stacks of its threads follow" in caplog.messages
    assert any(", line " in message and " in issues" in message for message in caplog.messages)


def test_exit_78_blocks_until_someone_changes_something(tend):
    jira = tend("import sys\nprint('no such setting')\nsys.exit(78)\n")
    jira.until(State.BLOCKED)

    assert jira.worker.status.reason == "exit status 78 (EX_CONFIG): no such setting"


def test_another_version_of_the_protocol_blocks(tend):
    jira = tend('print(\'{"type":"hello","protocol":2}\', flush=True)\ninput()\n', sort=ByHand)
    jira.until(State.BLOCKED)

    assert jira.worker.status.reason == "it speaks protocol 2, the supervisor speaks 1"


def test_a_failing_build_leaves_the_others_running(tend):
    def build(stop, say):
        say("resolving")
        raise BuildError("no version of left-pad matches ==9")

    broken = tend("", identifier="broken", build=build)
    jira = tend(HEAD + QUICK)
    broken.until(State.BACKOFF)
    jira.deliver("e1")
    until(jira.done)

    assert broken.worker.status.reason == "no version of left-pad matches ==9"
    assert jira.worker.status.state is State.READY


# --- operators


def test_a_process_says_what_its_threads_do(tend):
    jira = tend(HEAD + QUICK)
    jira.until(State.READY)

    stacks = jira.worker.explain().result(SECONDS)
    assert "MainThread" in stacks
    assert "serve" in stacks


def test_a_restart_in_the_middle_repeats_the_delivery_in_another_process(tend):
    jira = tend(HEAD + SLOW_AT_FIRST)
    jira.deliver("e1")
    until(lambda: jira.work.items)
    first = jira.pid
    jira.worker.restart()
    until(jira.done)

    assert jira.work.attempts == [("e1", 1), ("e1", 2)]
    assert jira.pid != first
    assert not [one for one in jira.journal.transitions("jira") if one.after == "BACKOFF"]


def test_what_is_stopped_has_no_process_and_keeps_its_deliveries_until_it_is_started(tend):
    jira = tend(HEAD + QUICK)
    jira.until(State.READY)
    jira.worker.desire(Desired.STOP)
    jira.until(State.STOPPED)
    jira.deliver("e1")
    assert (jira.worker.status.pid, len(jira.pending)) == (None, 1)
    jira.worker.desire(Desired.RUN)
    until(jira.done)

    assert jira.work.attempts == [("e1", 1)]


# --- rules broken


def test_a_gap_in_the_pages_costs_the_process_its_life_and_the_delivery_an_attempt(by_hand):
    jira = by_hand(
        """
        page(1 + attempt % 2)
        say("done", delivery=delivery, outcome="ok")
        """
    )
    jira.deliver("e1")
    until(lambda: jira.worker.status.state is State.BACKOFF)
    assert jira.worker.status.reason == "protocol error: page 2 came after page 0"
    until(jira.done)

    assert jira.work.attempts == [("e1", 1), ("e1", 2)]
    assert jira.work.received == [Page("e1/jira", 1, "issue", 0), Done("e1/jira", "ok")]


def test_a_broken_page_fails_its_delivery_and_the_pages_after_it_are_ignored(by_hand):
    class Failed(Export):
        def take(self, attempt: Attempt) -> None:
            with pytest.raises(SourceError, match="a broken frame"):
                super().take(attempt)

    jira = by_hand("page(1)\npage(2, items=3)\npage(3)\npage(4)\n", work=Failed())
    jira.deliver("e1")
    until(jira.done)

    assert jira.work.received == [Page("e1/jira", 1, "issue", 0)]
    assert jira.worker.status.restarts == 0
    assert jira.worker.status.state is State.READY


def test_a_grandchild_in_a_session_of_its_own_is_swept_after_the_death(tend, caplog):
    jira = tend(HEAD + LEAVE_BEHIND.format(env="None"))
    jira.deliver("e1")
    until(lambda: jira.work.items)
    left = jira.work.items[0]["pid"]
    assert not gone(left)
    os.kill(jira.pid, signal.SIGKILL)
    until(lambda: gone(left))
    jira.until(State.BACKOFF)

    assert "1 processes that it left behind were killed" in caplog.messages


def test_a_grandchild_that_holds_the_pipes_open_delays_no_burial(tend):
    jira = tend(HEAD + LEAVE_BEHIND.format(env={"not": "ours"}))
    jira.deliver("e1")
    until(lambda: jira.work.items)
    left = jira.work.items[0]["pid"]
    os.kill(jira.pid, signal.SIGKILL)
    jira.until_restarted()
    until(jira.done)

    assert not gone(left)
    os.kill(left, signal.SIGKILL)


def test_a_grandchild_that_floods_the_log_delays_no_burial(tend, caplog):
    flood = LEAVE_BEHIND.replace("import time; time.sleep(600)", "while True: print()")
    jira = tend(HEAD + flood.format(env={"not": "ours"}))
    jira.deliver("e1")
    until(lambda: jira.work.items)
    left = jira.work.items[0]["pid"]
    drain = f"stderr/jira/{jira.pid}"
    assert drain in [thread.name for thread in threading.enumerate()]
    os.kill(jira.pid, signal.SIGKILL)
    jira.until_restarted()

    assert drain not in [thread.name for thread in threading.enumerate()]
    until(lambda: gone(left))  # nobody reads its pipe any more


# --- Port


def test_trouble_with_port_cancels_and_repeats_the_delivery_in_the_same_process(tend, caplog):
    class Unavailable(Export):
        def take(self, attempt: Attempt) -> None:
            if len(self.attempts) == 1:
                until((ROOT / folder / "asked").exists)
                raise PortUnavailableError("Port answered 503")
            super().take(attempt)

    jira = tend(HEAD + SLOW_AT_FIRST, work=Unavailable())
    folder = jira.worker.supply.file.parent
    jira.deliver("e1")
    until(lambda: "it was cancelled" in caplog.messages)
    until(lambda: "the next attempt is in 5 s" in caplog.messages)
    assert [delivery.attempt for delivery in jira.pending] == [1]
    until(jira.done)

    assert jira.work.attempts == [("e1", 1), ("e1", 2)]
    assert jira.worker.status.restarts == 0


# --- the end


def test_a_stop_ends_a_build(tend):
    def build(stop, say):
        assert stop.wait(SECONDS)
        raise StoppedError("uv was stopped")

    jira = tend("", build=build)
    jira.until(State.BUILDING)

    jira.end()


def test_a_stop_in_the_middle_leaves_the_delivery_pending(tend):
    jira = tend(HEAD + SLOW_AT_FIRST)
    jira.deliver("e1")
    until(lambda: jira.work.items)
    jira.end()

    assert [type(error) for error in jira.work.errors] == [StoppedError]
    assert [(delivery.id, delivery.attempt) for delivery in jira.pending] == [("e1/jira", 1)]


def test_a_process_that_gets_ready_only_after_the_stop_is_given_nothing(tend, caplog):
    late = """
import sys
for line in sys.stdin:
    if line.startswith('{"type":"shutdown"'):
        print('{"type":"ready"}', flush=True)
        break
"""
    jira = tend(late, sort=ByHand)
    jira.deliver("e1")
    jira.until(State.STARTING)
    jira.end()

    assert "READY" not in caplog.messages
    assert jira.work.attempts == []


def test_stopping_asks_insists_and_kills(tend, tmp_path, monkeypatch):
    monkeypatch.setattr(life, "OWN_GRACE", 1.0)
    monkeypatch.setattr(session, "TERM_SECONDS", 1.0)
    deaf = tend(DEAF, identifier="deaf", sort=ByHand, config={"padding": "x" * 300_000})
    frozen = tend(HEAD + QUICK, identifier="frozen")
    frozen.until(State.READY)
    until(lambda: deaf.worker._slot.session and deaf.worker._slot.session.writing)
    pids = deaf.pid, frozen.pid
    os.kill(frozen.pid, signal.SIGSTOP)

    began = time.monotonic()
    deaf.worker.stop()
    frozen.worker.stop()
    deaf.until(State.STOPPING)  # neither owner waits for its process
    frozen.until(State.STOPPING)
    deaf.end()
    frozen.end()

    assert 2 <= time.monotonic() - began < 10  # 1 s to end, SIGTERM, 1 s, SIGKILL
    assert (tmp_path / "deaf" / "asked").exists()
    assert all(map(gone, pids))


def test_when_the_supervisor_is_killed_its_processes_die(environment, tmp_path):
    (tmp_path / "main.py").write_text(HEAD + QUICK)
    argv = [sys.executable, "-c", SUPERVISOR, tmp_path, environment.path, environment.msgspec]
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        assert not gone(pid)
        supervisor.kill()
        until(lambda: gone(pid))
