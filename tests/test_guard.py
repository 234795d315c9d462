"""A guard with small programs as its supervisor: whoever is killed, nothing is left."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from framework import guard, orphans
from framework.process import MARKER
from tests.fakes.children import DEADLINE, REPOSITORY, gone, until

# As `run` has it, and in a Python that the measuring of coverage can look into.
BECOME = "import sys; from framework import guard; guard.become(sys.argv[1:])"
MAIN = "import sys; from framework import guard; sys.exit(guard.main(sys.argv[1:]))"
WAYS = pytest.mark.parametrize("way", [BECOME, MAIN], ids=["become", "main"])
SHELL = "/bin/sh"
# A foreign program, one with a session of its own, and one that a process left which is gone.
FAMILY = "sleep 300 & setsid sleep 300 & sh -c 'setsid sleep 300 &'; "
READY = "echo ready $$; "
# Says each signal that comes; ends with 7 when it is asked to.
LISTENS = (
    "trap 'echo INT' INT; trap 'echo HUP' HUP; trap 'echo TERM; exit 7' TERM; "
    f"{READY} while :; do sleep 300 & wait; done"
)


class Guarded:
    """A guard whose supervisor is a script; everything carries a name of its own."""

    def __init__(self) -> None:
        self.instance = uuid.uuid4().hex
        self.environ = {**os.environ, MARKER: f"{self.instance}/any"}
        self.said = ""

    def start(
        self,
        script: str,
        way: str = MAIN,
        around: tuple[str, ...] = (),
        prepare: Callable[[], None] | None = None,
    ) -> None:
        argv = [*around, sys.executable, "-c", way, SHELL, "-c", script]
        self.process = subprocess.Popen(
            argv,
            cwd=REPOSITORY,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=prepare,  # noqa: PLW1509 - we have no thread that holds a lock
            start_new_session=prepare is None,
        )
        assert self.process.stdout
        os.set_blocking(self.process.stdout.fileno(), False)
        self.supervisor = int(self.hears("ready").split()[1])

    def hears(self, word: str) -> str:
        """Wait for a line of the supervisor's that begins so; return it."""
        until(lambda: self._lines(word))
        return self._lines(word)[0]

    def times(self, word: str) -> int:
        return len(self._lines(word))

    def left(self) -> list[psutil.Process]:
        """Return the supervisor's processes that live, itself and the guard aside."""
        return self.carriers(self.process.pid, self.supervisor)

    def carriers(self, *known: int) -> list[psutil.Process]:
        """Return who carries the name, those that are known aside."""
        found = [one for one in psutil.process_iter() if one.pid not in known]
        return [one for one in found if orphans._marker(one).startswith(f"{self.instance}/")]

    def ends(self) -> tuple[int, str]:
        """Wait for the guard's end; return its exit status and what it said."""
        assert self.process.stderr
        status = self.process.wait(DEADLINE)
        os.set_blocking(self.process.stderr.fileno(), False)
        return status, (self.process.stderr.read() or b"").decode()

    def clear(self) -> None:
        """End the guard, and whoever a test kept from it."""
        with self.process:
            for one in self.carriers(self.process.pid):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            self.process.wait(DEADLINE)

    def _lines(self, word: str) -> list[str]:
        assert self.process.stdout
        self.said += (self.process.stdout.read() or b"").decode()
        return [line for line in self.said.splitlines() if line.startswith(word)]


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    guarded = Guarded()
    yield guarded
    guarded.clear()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ends = os.openpty()
    yield ends
    for end in ends:
        os.close(end)


def take(terminal: int) -> None:
    """Lead a session at this terminal, as a shell does."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


# --- whether one is needed


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"SYSTEMD_EXEC_PID": "10"}, False),
        ({"SYSTEMD_EXEC_PID": "9"}, True),  # a service's shell started us
        ({"FRAMEWORK_GUARD": "9"}, False),
        ({"FRAMEWORK_GUARD": "8"}, True),  # somebody else's
    ],
)
def test_a_guard_is_needed_where_nothing_else_clears_up(
    environ: dict[str, str], *, expected: bool
) -> None:
    assert guard.needed(environ, 10, 9) is expected


# --- ends


@WAYS
@pytest.mark.parametrize("status", [0, 7])
def test_the_supervisor_s_exit_status_is_the_guard_s(
    guarded: Guarded, way: str, status: int
) -> None:
    guarded.start(f"{READY} exit {status}", way)
    assert guarded.ends() == (status, "")


@WAYS
def test_a_killed_supervisor_leaves_nothing(guarded: Guarded, way: str) -> None:
    guarded.start(f"{FAMILY} {READY} wait", way)
    until(lambda: len(guarded.left()) == 3)
    os.kill(guarded.supervisor, signal.SIGKILL)
    status, said = guarded.ends()
    assert status == 128 + signal.SIGKILL
    assert said == "the supervisor was ended by signal 9, and the guard ended what it left\n"
    assert guarded.left() == []


@WAYS
def test_a_supervisor_that_ends_in_order_leaves_nothing_either(guarded: Guarded, way: str) -> None:
    guarded.start(f"{FAMILY} {READY} exit 3", way)
    assert guarded.ends() == (3, "")
    assert guarded.left() == []


@WAYS
def test_a_supervisor_whose_guard_is_killed_is_asked_to_stop(guarded: Guarded, way: str) -> None:
    guarded.start(LISTENS, way)
    os.kill(guarded.process.pid, signal.SIGKILL)
    guarded.hears("TERM")
    until(lambda: gone(guarded.supervisor))


def test_what_is_left_when_both_are_killed_is_reclaimed_by_the_next_start(
    guarded: Guarded,
) -> None:
    guarded.start(f"{FAMILY} {READY} wait", BECOME)
    until(lambda: len(guarded.left()) == 3)
    for pid in (guarded.process.pid, guarded.supervisor):
        os.kill(pid, signal.SIGKILL)
    until(lambda: gone(guarded.supervisor))
    assert len(guarded.left()) == 3
    assert orphans.reclaim(guarded.instance) == 3
    assert guarded.left() == []


def test_a_killed_orphan_s_own_children_are_killed_too(guarded: Guarded) -> None:
    deep = "setsid sh -c \"setsid sh -c 'setsid sleep 300; :' ; :\" & "
    guarded.start(f"{deep} {READY} wait")
    until(lambda: len(guarded.left()) == 3)
    os.kill(guarded.supervisor, signal.SIGKILL)
    assert guarded.ends()[0] == 128 + signal.SIGKILL
    assert guarded.left() == []


def test_an_early_orphan_is_reaped_while_the_supervisor_goes_on(guarded: Guarded) -> None:
    guarded.start(f"sh -c 'sleep 0.1 & echo orphan $!'; {READY} sleep 300; :")
    orphan = int(guarded.hears("orphan").split()[1])
    until(lambda: not psutil.pid_exists(orphan))
    assert not gone(guarded.supervisor)


def test_a_command_that_cannot_be_started_is_told_of() -> None:
    argv = [sys.executable, "-c", MAIN, "/nowhere/python"]
    ended = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (127, "error: /nowhere/python cannot be started\n")


def test_who_does_not_go_is_named() -> None:
    code = (
        "import subprocess; from framework import guard;"
        "stays = subprocess.Popen(['sleep', '300']); left = guard._end_all(-1);"
        "stays.kill(); stays.wait(); assert left == [stays.pid], left"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False)
    assert ended.returncode == 0


# --- signals


@WAYS
def test_each_signal_is_passed_on_once(guarded: Guarded, way: str) -> None:
    guarded.start(LISTENS, way)
    for number, word in ((signal.SIGINT, "INT"), (signal.SIGHUP, "HUP"), (signal.SIGTERM, "TERM")):
        os.kill(guarded.process.pid, number)
        guarded.hears(word)
    assert guarded.ends() == (7, "")
    assert [guarded.times(word) for word in ("INT", "HUP", "TERM")] == [1, 1, 1]


def test_ctrl_c_comes_once_and_ctrl_z_stops_nobody(
    guarded: Guarded, terminal: tuple[int, int]
) -> None:
    keyboard, screen = terminal
    guarded.start(LISTENS, BECOME, prepare=lambda: take(screen))
    os.write(keyboard, b"\x1a\x03")
    guarded.hears("INT")
    os.kill(guarded.process.pid, signal.SIGTERM)
    assert guarded.ends() == (7, "")
    assert (guarded.times("INT"), guarded.times("TERM")) == (1, 1)


def test_a_reload_is_one_while_the_terminal_is_there(
    guarded: Guarded, terminal: tuple[int, int]
) -> None:
    guarded.start(LISTENS, prepare=lambda: take(terminal[1]))
    os.kill(guarded.process.pid, signal.SIGHUP)
    guarded.hears("HUP")
    assert guarded.times("TERM") == 0


@pytest.mark.parametrize("around", [(), (SHELL, "-c", '"$@"; :', SHELL)], ids=["alone", "shell"])
def test_a_terminal_that_is_closed_asks_for_the_end(
    guarded: Guarded, around: tuple[str, ...]
) -> None:
    keyboard, screen = os.openpty()
    guarded.start(LISTENS, around=around, prepare=lambda: take(screen))
    os.close(screen)
    os.close(keyboard)
    guarded.hears("TERM")
    until(lambda: gone(guarded.supervisor))
    assert guarded.times("TERM") == 1


def test_a_terminal_may_be_closed_where_hangups_are_ignored(guarded: Guarded) -> None:
    keyboard, screen = os.openpty()
    nohup = (SHELL, "-c", 'trap "" HUP; exec "$@"', SHELL)
    guarded.start(LISTENS.replace("HUP", "USR1"), around=nohup, prepare=lambda: take(screen))
    os.close(screen)
    os.close(keyboard)
    os.kill(guarded.process.pid, signal.SIGINT)
    guarded.hears("INT")
    assert guarded.times("TERM") == 0


# --- what it is, and what its supervisor sees


def test_the_supervisor_knows_its_guard_and_starts_with_a_clean_slate(guarded: Guarded) -> None:
    guarded.start(f"echo guard $FRAMEWORK_GUARD; {READY} exec sleep 300")
    status = Path(f"/proc/{guarded.supervisor}/status").read_text()
    masks = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Sig"))
    assert guarded.hears("guard") == f"guard {guarded.process.pid}"
    assert int(masks["SigBlk"], 16) == 0
    assert int(masks["SigIgn"], 16) & 1 << (signal.SIGTTOU - 1)
    assert os.getpgid(guarded.supervisor) == guarded.supervisor


def test_nobody_reads_the_guard_s_memory() -> None:
    code = (
        "import ctypes, sys; from framework import guard;"
        "guard.main(['/bin/true']); sys.exit(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


def test_a_launcher_that_ignores_deaths_hides_none_from_the_guard(guarded: Guarded) -> None:
    ignoring = (sys.executable, "-c", (
        "import os,signal,sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
        "os.execv(sys.argv[1], sys.argv[1:])"
    ))  # fmt: skip
    guarded.start(f"{READY} exit 3", around=ignoring)
    assert guarded.ends()[0] == 3


def test_a_guard_is_small(guarded: Guarded) -> None:
    guarded.start(f"{READY} sleep 300; :", BECOME)
    assert psutil.Process(guarded.process.pid).memory_info().rss < 20 * 1024 * 1024
