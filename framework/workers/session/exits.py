"""How a process ended, and what that means for the next one."""

import errno
import signal

from msgspec import Struct

from framework.workers.states import Cause

# From sysexits.h: what a program can say with its exit status.
EX_TEMPFAIL, EX_NOPERM, EX_CONFIG = 75, 77, 78
NAMES = {
    69: "EX_UNAVAILABLE",
    70: "EX_SOFTWARE",
    EX_TEMPFAIL: "EX_TEMPFAIL",
    EX_NOPERM: "EX_NOPERM",
    EX_CONFIG: "EX_CONFIG",
}
CAUSES = {
    EX_TEMPFAIL: Cause.TEMPORARY,
    EX_NOPERM: Cause.HOPELESS,
    EX_CONFIG: Cause.HOPELESS,
}
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
OURS = "not by the supervisor: out of memory (see `dmesg`), or a person"


class Exit(Struct, frozen=True):
    """How a process ended; `status` is its exit status, negative for a signal, None if unknown.

    `late`: it was not ready in time. `stderr` are its last lines.
    """

    reason: str
    cause: Cause = Cause.CRASHED
    late: bool = False
    pid: int | None = None
    status: int | None = None
    stderr: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Tell whether another try in the same environment is pointless."""
        return self.late or self.cause is Cause.HOPELESS

    @property
    def exit_code(self) -> int | None:
        """The exit status of a process that ended by itself."""
        return self.status if self.status is not None and self.status >= 0 else None

    @property
    def signal(self) -> str | None:
        """The name of the signal that ended it."""
        return signal_name(-self.status) if self.status is not None and self.status < 0 else None


def cause(status: int) -> Cause:
    """Return what an exit status means for the next start."""
    return CAUSES.get(status, Cause.CRASHED)


def died(status: int, last_line: str) -> str:
    """Explain the death of a process that nobody asked to end."""
    return f"{_how(status)}: {last_line}" if last_line else _how(status)


def unstarted(error: OSError) -> Exit:
    """Return the exit of a process that could not even be started."""
    if error.errno in SHORTAGES:
        shortage = f"this machine cannot start another process: {error.strerror}"
        return Exit(
            f"{shortage}; look at its limits of open files, processes and memory", Cause.MACHINE
        )
    return Exit(f"the process could not be started: {error}")


def signal_name(number: int) -> str:
    """Return a signal's name as `kill -l` has it."""
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


def _how(status: int) -> str:
    if status == -signal.SIGKILL:
        return f"killed by SIGKILL, {OURS}"
    if status < 0:
        return f"killed by {signal_name(-status)}"
    if status == 0:
        return "exit status 0, though nobody asked it to end"
    return f"exit status {status} ({NAMES[status]})" if status in NAMES else f"exit status {status}"
