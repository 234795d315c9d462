"""The supervisor's parent without systemd: it kills what a killed supervisor leaves behind.

It is a small program of its own (`python -I -S guard.py COMMAND…`), so it imports nothing of ours.
If the guard dies first, the kernel sends the supervisor SIGTERM.
"""

import ctypes
import io
import os
import select
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import NoReturn

VARIABLE = "FRAMEWORK_GUARD"  # in the supervisor's environment: the guard's pid
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HEARD = (*PASSED_ON, signal.SIGCHLD, signal.SIGTSTP)  # Ctrl-Z: a guard that sleeps guards nothing
LOOK_SECONDS = 60.0  # the kernel reports a death at once; this is in case it does not
HANGUP_SECONDS = 0.1  # between SIGHUP and the end of the terminal
KILL_SECONDS = 10.0  # for killed processes to be gone; longer only if one hangs in the kernel
ROUND_SECONDS = 0.02  # we adopt the children of a killed process in the next round
NOT_STARTED = 127  # exit status, as shells have it
ENDED_BY_SIGNAL = 128

libc = ctypes.CDLL(None, use_errno=True)


def needed(environ: Mapping[str, str], pid: int, parent: int) -> bool:
    """Tell whether process `pid` has neither systemd nor a guard to clean up after it."""
    by_systemd = environ.get("SYSTEMD_EXEC_PID") == str(pid)
    return not by_systemd and environ.get(VARIABLE) != str(parent)


def become(argv: list[str]) -> NoReturn:
    """Become the guard of the supervisor that `argv` starts, with this pid and terminal."""
    program = [sys.executable, "-I", "-S", __file__, *argv]
    os.execv(program[0], program)  # noqa: S606 - a shell has nothing to do


def main(argv: list[str]) -> int:
    """Run the supervisor, kill what it leaves; return its exit status, or 128 + the signal."""
    _prctl(PR_SET_DUMPABLE, 0)  # our environment is the supervisor's, with its secrets
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, the kernel drops exit statuses
    supervisor = _start(argv, signal.pthread_sigmask(signal.SIG_BLOCK, HEARD))
    status = _attend(supervisor)
    if left := _end_all(KILL_SECONDS):
        _say(f"error: these processes of the supervisor cannot be killed: {left}")
    if status >= 0:
        return status
    _say(f"the supervisor was ended by signal {-status}, and the guard ended what it left")
    return ENDED_BY_SIGNAL - status


def _start(argv: list[str], mask: Collection[int]) -> int:
    guard = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    with suppress(OSError):
        os.setpgid(0, 0)  # so Ctrl-C reaches the guard alone, which passes it on once
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else `stty tostop` stops it for ever
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if os.getppid() == guard:
            os.execve(argv[0], argv, {**os.environ, VARIABLE: str(guard)})  # noqa: S606 - as above
    _say(f"error: {argv[0]} cannot be started")
    os._exit(NOT_STARTED)


def _attend(supervisor: int) -> int:
    """Pass signals on until the supervisor ends; return its exit status (negative: the signal)."""
    terminal = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _has_terminal()
    while True:
        heard = signal.sigtimedwait(HEARD, LOOK_SECONDS)
        number = heard.si_signo if heard else signal.SIGCHLD
        if number == signal.SIGHUP and terminal and _is_hung_up():
            number, terminal = signal.SIGTERM, False  # its window was closed; else it means reload
        if number in PASSED_ON:
            os.kill(supervisor, number)
        ended = dict(_reaped())
        if supervisor in ended:
            return os.waitstatus_to_exitcode(ended[supervisor])


def _is_hung_up() -> bool:
    signal.sigtimedwait((), HANGUP_SECONDS)
    return not _has_terminal()


def _has_terminal() -> bool:
    with suppress(OSError):
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        return True
    return False


def _end_all(seconds: float) -> list[int]:
    """Kill our children, and theirs as we adopt them; return those that are left in the end."""
    deadline = time.monotonic() + seconds
    while left := _children():
        if time.monotonic() > deadline:
            return left
        for pid in left:
            with suppress(PermissionError):  # it runs as another user now
                os.kill(pid, signal.SIGKILL)
        signal.sigtimedwait((signal.SIGCHLD,), ROUND_SECONDS)
        dict(_reaped())
    return []


def _reaped() -> Iterator[tuple[int, int]]:
    """Reap all dead children and yield pid and wait status: nobody else here waits for one."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, status


def _children() -> list[int]:
    found = (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())
    return [pid for pid in found if _parent(pid) == os.getpid()]


def _parent(pid: int) -> int:
    with suppress(OSError), io.FileIO(f"/proc/{pid}/stat") as stat:
        return int(stat.read().rpartition(b")")[2].split()[1])
    return 0  # it is gone


def _say(line: str) -> None:
    with suppress(OSError):
        if select.select([], [2], [], 0)[1]:  # a reader that does not read must not block us
            os.write(2, f"{line}\n".encode())


def _prctl(option: int, value: int) -> None:
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
