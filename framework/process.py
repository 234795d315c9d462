"""The one place that starts a child of any sort: an integration, a mapper, uv, a broker.

A child gets a list argv, an environment spelled out, a session of its own and three pipes. It dies
with the thread that started it (`PR_SET_PDEATHSIG`), so that thread must outlive it.
"""

import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from framework.errors import StoppedError

POLL_SECONDS = 0.2  # how long a stop may go unnoticed while a program runs to its end
KILL_SECONDS = 5.0  # for a killed process to be gone; longer only if it hangs in the kernel
MARKER = "FRAMEWORK_INSTANCE"

# Sets PDEATHSIG(SIGKILL), exits if the parent died before that, else becomes the program.
WRAPPER = (
    "import ctypes,os,sys;ctypes.CDLL(None).prctl(1,9);"
    "os.getppid()==int(sys.argv[1]) or os._exit(1);os.execvp(sys.argv[2],sys.argv[2:])"
)
# What a child may inherit from our environment; whoever starts it spells out everything else.
INHERITED = (
    "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip

# `ours` has the processes that we started and whose exit status somebody will still ask for, by
# pid; `starting` has the threads that are about to add one. The kernel keeps one table of children
# for all our threads, with adopted processes in it. These two tell them apart, so they are global.
ours: dict[int, object] = {}
starting: set[int] = set()


class Completed(Struct, frozen=True):
    """A program that ran to its end: its exit status (negative: the signal) and its output."""

    status: int
    stdout: str
    stderr: str


class Child:
    """A running child: its pid, its pidfd (readable once it is dead) and its pipes.

    It inherits `pass_fds` under the same numbers, and no other open file.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        pass_fds: Collection[int] = (),
    ):
        with _starting():
            self._popen = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
                pass_fds=pass_fds,
            )
            ours[self._popen.pid] = self._popen
        self.pid = self._popen.pid
        self.pidfd = -1
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self.stdin = self._popen.stdin
        self.stdout = self._popen.stdout
        self.stderr = self._popen.stderr
        self._open_pidfd()

    def stop(self) -> None:
        """Ask the child's process group to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the child's process group."""
        self._signal(signal.SIGKILL)

    def signal_one(self, number: int) -> None:
        """Send a signal to the child alone, not to its group; ignore it if the child is dead."""
        with suppress(OSError):  # it is reaped, or closed
            signal.pidfd_send_signal(self.pidfd, number)

    @property
    def reapable(self) -> bool:
        """Whether it is dead and can be reaped; a debugger may hold a dead process back."""
        with suppress(ChildProcessError):  # it was reaped
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return True

    def reap(self) -> int | None:
        """Return the exit status (negative: the signal) if the child is dead."""
        status = self._popen.poll()
        if status is not None:
            _forget(self._popen)
        return status

    def wait(self, seconds: float) -> int | None:
        """Return the exit status, or None if the child outlives `seconds`."""
        if self.pidfd < 0:  # it was closed
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
            return self.reap()
        death = select.poll()  # `Popen.wait` would look 20 times a second
        death.register(self.pidfd, select.POLLIN)
        death.poll(max(0.0, seconds) * 1000)
        return self.reap()

    def close(self) -> None:
        """Close our ends of the pipes, once nobody reads them or asks for the exit status."""
        _forget(self._popen)
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def abandon(self) -> None:
        """Kill a child that cannot be used, so that nothing is left of it."""
        self.kill()
        self.wait(KILL_SECONDS)
        self.close()

    def _open_pidfd(self) -> None:
        try:
            self.pidfd = os.pidfd_open(self.pid)
        except OSError:  # too many open files, in this process or on this machine
            self.abandon()
            raise

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # the group is gone, or only zombies of it are left


def bound(argv: Sequence[str]) -> list[str]:
    """Wrap the argv of a program that is not ours, so that it dies with the calling thread."""
    return [sys.executable, "-I", "-S", "-c", WRAPPER, str(os.getpid()), *argv]


def run(
    argv: Sequence[str], env: Mapping[str, str], stop: threading.Event, *, seconds: float
) -> Completed:
    """Run a program to its end; raise StoppedError on a stop, TimeoutError after `seconds`."""
    with _starting():
        program = subprocess.Popen(
            bound(argv),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        ours[program.pid] = program
    deadline = time.monotonic() + seconds
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                stdout, stderr = program.communicate(timeout=POLL_SECONDS)
                return Completed(program.returncode, stdout, stderr)
            if stop.is_set() or time.monotonic() >= deadline:
                break
        _abandon(program)
    finally:
        _forget(program)
    if stop.is_set():
        raise StoppedError(f"{argv[0]} was stopped")
    raise TimeoutError(f"{argv[0]} did not end within {seconds:.0f} s")


def limit_files(pid: int, most: int) -> None:
    """Let a process have at most `most` files open; do nothing if it is gone."""
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        limit = min(most, hard)  # never more than it may have now
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))


def inherited() -> dict[str, str]:
    """Return the variables that any child may see: no credentials, no PYTHON*."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


@contextmanager
def _starting() -> Iterator[None]:
    """Record that a child may exist that is not in `ours` yet."""
    starting.add(threading.get_ident())
    try:
        yield
    finally:
        starting.discard(threading.get_ident())


def _forget(popen: subprocess.Popen[Any]) -> None:
    if ours.get(popen.pid) is popen:  # the kernel reuses pids
        del ours[popen.pid]


def _abandon(program: subprocess.Popen[str]) -> None:
    os.killpg(program.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        program.wait(KILL_SECONDS)
    for pipe in (program.stdout, program.stderr):
        assert pipe is not None
        pipe.close()  # not to their end: a process that left the group may hold them open
