"""The one place that starts a child of any sort: an integration, a mapper, uv, a broker.

A child gets a list argv, an environment spelled out, a session of its own and three pipes. It dies
with the thread that started it (`PR_SET_PDEATHSIG`), so that thread must outlive it.
"""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from msgspec import Struct

from framework.errors import StoppedError

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
POLL_SECONDS = 0.2  # how long a stop may go unnoticed while a program runs to its end
KILL_SECONDS = 5.0  # for a killed process to be gone; longer only if it hangs in the kernel
SWEEP_ROUNDS = 20  # a killed orphan's own children come to us in the next round
MARKER = "FRAMEWORK_INSTANCE"

# Sets PDEATHSIG(SIGKILL), makes sure that the parent did not die before that, becomes the program.
WRAPPER = (
    "import ctypes,os,sys;ctypes.CDLL(None).prctl(1,9);"
    "os.getppid()==int(sys.argv[1]) or os._exit(1);os.execvp(sys.argv[2],sys.argv[2:])"
)
# What a child may inherit from our environment; everything else is spelled out by who starts it.
INHERITED = (
    "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip


class Completed(Struct, frozen=True):
    """A program that ran to its end: exit status (negative: the signal) and what it printed."""

    status: int
    stdout: str
    stderr: str


class Child:
    """A running child: its pid, its pidfd (readable once it is dead) and its pipes.

    It inherits `pass_fds` under the same numbers; nothing else that is open here.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        pass_fds: Collection[int] = (),
    ):
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
        self.pid = self._popen.pid
        self.pidfd = os.pidfd_open(self.pid)
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self.stdin = self._popen.stdin
        self.stdout = self._popen.stdout
        self.stderr = self._popen.stderr

    def stop(self) -> None:
        """Ask the child's whole group to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the child's whole group."""
        self._signal(signal.SIGKILL)

    def reap(self) -> int | None:
        """Return the exit status (negative: the signal) if the child is dead."""
        return self._popen.poll()

    def wait(self, seconds: float) -> int | None:
        """Return the exit status, or None if the child outlives `seconds`."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """Close our ends; the readers of the pipes have ended, or end now."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # the whole group is gone, or only zombies of it are left


def bound(argv: Sequence[str]) -> list[str]:
    """Wrap the argv of a program that is not ours, so that it dies with the calling thread."""
    return [sys.executable, "-I", "-S", "-c", WRAPPER, str(os.getpid()), *argv]


def run(
    argv: Sequence[str], env: Mapping[str, str], stop: threading.Event, *, seconds: float
) -> Completed:
    """Run a program to its end; raise StoppedError on a stop, TimeoutError after `seconds`."""
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
    deadline = time.monotonic() + seconds
    while True:
        try:
            stdout, stderr = program.communicate(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if not stop.is_set() and time.monotonic() < deadline:
                continue
            _abandon(program)
            if stop.is_set():
                raise StoppedError(f"{argv[0]} was stopped") from None
            raise TimeoutError(f"{argv[0]} did not end within {seconds:.0f} s") from None
        return Completed(program.returncode, stdout, stderr)


def _abandon(program: subprocess.Popen[str]) -> None:
    os.killpg(program.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        program.wait(KILL_SECONDS)
    for pipe in (program.stdout, program.stderr):
        assert pipe is not None
        pipe.close()  # not read to their end: a process that left the group may hold them open


def inherited() -> dict[str, str]:
    """Return the part of our environment that any child may see: no credentials, no PYTHON*."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose own parent dies, so that `sweep` finds them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Keep processes of the same user from reading our memory and environment."""
    _prctl(PR_SET_DUMPABLE, 0)


def allow_many_files() -> None:
    """Raise our limit of open files to what the system allows: a process takes eight of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def reclaim(instance: str) -> int:
    """Kill what an earlier supervisor of this instance left behind; return how many there were.

    Only for who holds the instance's state folder: then nobody else can have started them.
    """
    left = [one for one in psutil.process_iter() if _belongs(one, instance)]
    return sum(map(_end, left))


def sweep(marker: str) -> int:
    """Kill and reap adopted processes that carry `marker`; return how many there were.

    Adopted processes that are dead already, or dying, are reaped, whoever they belonged to.
    """
    swept = 0
    for _ in range(SWEEP_ROUNDS):
        children = psutil.Process().children()
        orphans = [child for child in children if _marked(child, marker)]
        dead = [child for child in children if _adopted_dead(child)]  # later: one may die meanwhile
        if not orphans and not dead:
            return swept
        swept += sum(map(_end, orphans))
        for child in dead:
            _reap(child)
    return swept


def _adopted_dead(child: psutil.Process) -> bool:
    try:
        # A dying process gives its memory back, its environment with it, before it becomes a zombie
        # and its children come to us.
        dead = child.memory_info().vms == 0
        session = os.getsid(child.pid)
    except (psutil.Error, ProcessLookupError):
        return False
    # What we start leads a session of its own, and its exit status belongs to who started it.
    return dead and session not in (child.pid, os.getsid(0))


def _belongs(found: psutil.Process, instance: str) -> bool:
    try:
        return found.environ().get(MARKER, "").startswith(f"{instance}/")
    except psutil.Error:
        return False


def _marked(child: psutil.Process, marker: str) -> bool:
    try:
        return child.environ().get(MARKER) == marker
    except psutil.Error:
        return False


def _end(orphan: psutil.Process) -> int:
    try:
        orphan.kill()
    except psutil.Error:
        return 0
    return _reap(orphan)


def _reap(dying: psutil.Process) -> int:
    try:
        dying.wait(KILL_SECONDS)
    except psutil.Error:
        return 0  # it hangs in the kernel, or another sweep was faster
    return 1


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")
