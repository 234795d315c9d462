"""Real processes: how children start, end and die with us."""

import errno
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from framework import process
from framework.errors import StoppedError
from framework.process import Child
from tests.fakes.children import DEADLINE, ESCAPE, PATH, REPOSITORY, gone, line, shell, until


def test_a_child_sees_the_environment_and_folder_it_was_given_and_no_more(
    tmp_path: Path, children: list[Child]
) -> None:
    child = Child(["/usr/bin/env"], {"ONLY": "this"}, tmp_path)
    children.append(child)
    assert child.wait(DEADLINE) == 0
    assert child.stdout.read() == b"ONLY=this\n"


def test_a_child_inherits_the_files_it_is_to_have_and_no_other(
    tmp_path: Path, children: list[Child]
) -> None:
    with (tmp_path / "its").open("w") as its, (tmp_path / "ours").open("w"):
        argv = ["/bin/sh", "-c", "readlink /proc/$$/fd/* || true"]
        children.append(Child(argv, PATH, Path("/"), [its.fileno()]))
        assert children[0].wait(DEADLINE) == 0
    opened = children[0].stdout.read().decode().split()
    assert [path for path in opened if path.startswith(str(tmp_path))] == [str(tmp_path / "its")]


def test_a_child_leads_a_session_of_its_own(children: list[Child]) -> None:
    children.append(shell("sleep 60"))
    assert os.getsid(children[0].pid) == children[0].pid


def test_a_child_that_cannot_be_started_raises_and_leaves_nothing() -> None:
    with pytest.raises(FileNotFoundError):
        Child(["/nowhere/python"], PATH, Path("/"))


def test_stop_asks_the_whole_group(children: list[Child]) -> None:
    children.append(shell("sleep 60 & echo $!; wait"))
    grandchild = int(line(children[0]))
    children[0].stop()
    assert children[0].wait(DEADLINE) == -signal.SIGTERM
    until(lambda: gone(grandchild))


def test_kill_ends_a_group_that_ignores_being_asked(children: list[Child]) -> None:
    children.append(shell("trap '' TERM; (sleep 60) & echo $!; sleep 60"))
    grandchild = int(line(children[0]))
    children[0].stop()
    assert children[0].wait(0.2) is None
    children[0].kill()
    assert children[0].wait(DEADLINE) == -signal.SIGKILL
    until(lambda: gone(grandchild))


def test_killing_what_is_gone_is_quiet(children: list[Child]) -> None:
    children.append(shell("exit 0"))
    assert children[0].wait(DEADLINE) == 0
    children[0].stop()
    children[0].kill()


def test_the_pidfd_tells_of_a_death_while_a_grandchild_holds_the_pipes(
    children: list[Child],
) -> None:
    children.append(shell("sleep 60 & exit 77"))
    child = children[0]
    assert select.select([child.pidfd], [], [], DEADLINE)[0]
    assert child.reap() == 77
    assert not select.select([child.stdout], [], [], 0)[0]  # no end of file yet


def test_reaping_a_living_child_says_that_it_lives(children: list[Child]) -> None:
    children.append(shell("sleep 60"))
    assert children[0].reap() is None


def test_a_signal_for_one_passes_its_group_by(children: list[Child]) -> None:
    child = shell("trap 'echo heard' USR1; sleep 60 & echo $!; wait; wait")
    children.append(child)
    grandchild = int(line(child))
    child.signal_one(signal.SIGUSR1)  # would end whoever does not trap it
    assert line(child) == "heard"
    assert not gone(grandchild)


def test_a_signal_for_one_that_is_dead_reaped_or_closed_is_quiet() -> None:
    child = shell("exit 3")
    until(lambda: gone(child.pid))
    child.signal_one(signal.SIGUSR1)
    assert child.reap() == 3
    child.signal_one(signal.SIGUSR1)
    child.close()
    child.signal_one(signal.SIGUSR1)


def test_a_child_is_ours_until_it_is_reaped(children: list[Child]) -> None:
    children.append(shell("read _"))
    child = children[0]
    assert child.pid in process.ours
    assert child.wait(0.01) is None
    assert child.pid in process.ours
    child.stdin.write(b"\n")
    assert child.wait(DEADLINE) == 0
    assert child.pid not in process.ours


def test_a_child_that_is_closed_unreaped_is_not_ours_any_more() -> None:
    child = shell("exit 0")
    child.close()
    assert child.pid not in process.ours
    assert child.wait(DEADLINE) == 0


def test_a_number_that_was_given_again_stays_noted(children: list[Child]) -> None:
    first = shell("exit 0")
    children.append(first)
    other = object()
    process.ours[first.pid] = other  # as if it had been reaped, and another child had its number
    assert first.wait(DEADLINE) == 0
    assert process.ours.pop(first.pid) is other


def test_a_child_that_cannot_be_watched_is_ended_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused: list[int] = []

    def refuse(pid: int) -> int:
        refused.append(pid)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", refuse)
    before = psutil.Process().num_fds()
    with pytest.raises(OSError, match="Too many open files"):
        shell("sleep 60")
    assert not psutil.pid_exists(refused[0])
    assert refused[0] not in process.ours
    assert psutil.Process().num_fds() == before


def test_a_program_that_was_run_is_not_ours_any_more(tmp_path: Path) -> None:
    before = set(process.ours)
    during: list[bool] = []
    stop = threading.Event()
    watch = threading.Thread(
        target=lambda: (until(lambda: set(process.ours) > before), during.append(True), stop.set())
    )
    watch.start()
    with pytest.raises(StoppedError):
        process.run(["sleep", "60"], PATH, stop, seconds=60)
    watch.join(DEADLINE)
    assert during == [True]
    assert set(process.ours) == before
    assert not process.starting


def test_files_are_limited_from_outside(children: list[Child]) -> None:
    children.append(shell("read _; ulimit -Sn; ulimit -Hn"))
    process.limit_files(children[0].pid, 77)
    children[0].stdin.write(b"\n")
    assert children[0].wait(DEADLINE) == 0
    assert children[0].stdout.read().split() == [b"77", b"77"]


def test_a_limit_of_files_never_allows_more(children: list[Child]) -> None:
    children.append(shell("read _"))
    process.limit_files(children[0].pid, 77)
    process.limit_files(children[0].pid, 99)
    assert resource.prlimit(children[0].pid, resource.RLIMIT_NOFILE) == (77, 77)


def test_limiting_the_files_of_what_is_gone_is_quiet(children: list[Child]) -> None:
    children.append(shell("exit 0"))
    assert children[0].wait(DEADLINE) == 0
    process.limit_files(children[0].pid, 77)


def test_closing_twice_is_harmless() -> None:
    child = shell("exit 0")
    child.wait(DEADLINE)
    child.close()
    child.close()
    assert child.pidfd == -1
    assert child.stdin.closed


def test_a_bound_program_dies_when_its_parent_is_killed() -> None:
    script = (
        "import subprocess; from framework.process import bound;"
        "print(subprocess.Popen(bound(['sleep', '60'])).pid, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        until(lambda: gone(pid) or psutil.Process(pid).name() == "sleep")
        parent.kill()
        until(lambda: gone(pid))


def test_a_bound_program_dies_with_the_thread_that_started_it(children: list[Child]) -> None:
    over = threading.Event()

    def own() -> None:
        children.append(Child(process.bound(["sleep", "60"]), PATH, Path("/")))
        over.wait(DEADLINE)

    owner = threading.Thread(target=own)
    owner.start()
    until(lambda: bool(children) and psutil.Process(children[0].pid).name() == "sleep")
    over.set()
    owner.join(DEADLINE)
    assert children[0].wait(DEADLINE) == -signal.SIGKILL


def test_a_bound_program_does_not_start_for_a_parent_that_is_already_dead() -> None:
    argv = process.bound(["echo", "started"])
    argv[argv.index(str(os.getpid()))] = "1"  # as if we had died between fork and exec
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert (ended.returncode, ended.stdout) == (1, "")


def test_a_program_is_run_to_its_end() -> None:
    argv = ["sh", "-c", "echo out; echo err >&2; cat; exit 3"]
    completed = process.run(argv, PATH, threading.Event(), seconds=DEADLINE)
    assert completed == process.Completed(3, "out\n", "err\n")


def test_a_program_that_prints_a_lot_on_both_pipes_ends() -> None:
    argv = ["sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"]
    completed = process.run(argv, PATH, threading.Event(), seconds=DEADLINE)
    assert (len(completed.stdout), len(completed.stderr)) == (300_000, 300_000)


def test_a_stop_ends_the_program_and_its_group(tmp_path: Path) -> None:
    stop = threading.Event()
    note = tmp_path / "pid"
    argv = ["sh", "-c", f"sleep 60 & echo $! > {note}.new; mv {note}.new {note}; wait"]
    threading.Thread(target=lambda: (until(note.exists), stop.set())).start()
    with pytest.raises(StoppedError, match="sh was stopped"):
        process.run(argv, PATH, stop, seconds=60)
    until(lambda: gone(int(note.read_text())))


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError, match="sleep did not end within 0 s"):
        process.run(["sleep", "60"], PATH, threading.Event(), seconds=0.1)


def test_an_escaped_grandchild_that_holds_the_pipes_does_not_hold_a_stop(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    argv = ["sh", "-c", f"'{sys.executable}' -c '{ESCAPE}' & echo $! > {note}; sleep 60"]
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        process.run(argv, PATH, threading.Event(), seconds=0.5)
    assert time.monotonic() - began < 5
    os.kill(int(note.read_text()), signal.SIGKILL)


def test_no_credentials_and_no_python_settings_are_inherited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT_CLIENT_SECRET", "s")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    seen = process.inherited()
    assert seen["https_proxy"] == "http://proxy:3128"
    assert not {name for name in seen if name.startswith(("PORT_", "PYTHON"))}


# Traces a process and, told to go on, lets it go by its own end.
TRACER = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
print(0 if libc.ptrace(16, int(sys.argv[1]), None, None) == 0 else ctypes.get_errno(), flush=True)
sys.stdin.readline()
"""


def test_a_dead_child_that_is_traced_can_be_reaped_once_it_is_let_go(children):
    child = shell("exec sleep 60")
    children.append(child)
    assert not child.reapable
    argv = [sys.executable, "-c", TRACER, str(child.pid)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as tracer:
        if tracer.stdout.readline() != b"0\n":
            pytest.skip("nobody may trace a process here but its parent (ptrace_scope)")
        child.kill()
        assert select.select([child.pidfd], [], [], DEADLINE)[0]
        assert not child.reapable
        assert child.reap() is None
        tracer.communicate(b"\n", timeout=DEADLINE)

    assert child.wait(DEADLINE) == -signal.SIGKILL
    assert child.reapable
