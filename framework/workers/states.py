"""The states of an integration, and what can happen to change them."""

import enum

from msgspec import Struct

from framework.journal import Desired


class State(enum.StrEnum):
    """What an integration is doing, in the operator's words."""

    DISABLED = "DISABLED"
    PENDING = "PENDING"
    BUILDING = "BUILDING"
    STARTING = "STARTING"
    READY = "READY"
    DEGRADED = "DEGRADED"
    BACKOFF = "BACKOFF"
    CRASH_LOOP = "CRASH_LOOP"
    BLOCKED = "BLOCKED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


SERVING = (State.READY, State.DEGRADED)
ALIVE = (State.STARTING, *SERVING, State.STOPPING)  # there is a process
RETRYING = (State.BACKOFF, State.CRASH_LOOP)
FAILED = (*RETRYING, State.BLOCKED)


class Situation(Struct, frozen=True):
    """A state, its reason and what the next one depends on; times are in monotonic seconds.

    `failures` in a row decide the next delay. `recent` are the times of those that may become a
    crash loop; `loops` counts the delays since it became one. `served_since`: serving since then.
    """

    state: State = State.PENDING
    reason: str | None = None
    since: float = 0
    desired: Desired = Desired.RUN
    failures: int = 0
    recent: tuple[float, ...] = ()
    loops: int = 0
    retry_at: float | None = None
    served_since: float | None = None


class Cause(enum.Enum):
    """Why a process ended."""

    ASKED = enum.auto()  # we ended it to replace it
    WORN = enum.auto()  # we ended it because it had grown too large
    CRASHED = enum.auto()
    TEMPORARY = enum.auto()  # it says that it may work later: no crash loop
    HOPELESS = enum.auto()  # another start will not help
    MACHINE = enum.auto()  # it never began: this machine is short of something


class Asked(Struct, frozen=True):
    """An operator wants it to run, pause or stop."""

    desired: Desired


class Renewed(Struct, frozen=True):
    """It has a new environment, or an operator wants it tried now: forget failures."""


class Queued(Struct, frozen=True):
    """It waits for its turn to start."""


class Building(Struct, frozen=True):
    """Its environment is being looked for or built."""


class Unbuilt(Struct, frozen=True):
    """Its build failed; the next try is in `wait` seconds, or (None) once its inputs change."""

    reason: str
    wait: float | None


class Unwanted(Struct, frozen=True):
    """Its build was ended before it was done."""


class Spawned(Struct, frozen=True):
    """Its process was started."""


class Served(Struct, frozen=True):
    """Its process is ready."""


class Remarked(Struct, frozen=True):
    """What operators should know about a serving process; `trouble` makes it DEGRADED."""

    trouble: str | None
    note: str | None


class Ending(Struct, frozen=True):
    """Its process was asked to end."""

    reason: str | None


class Ended(Struct, frozen=True):
    """Its process ended."""

    reason: str
    cause: Cause


class Over(Struct, frozen=True):
    """Its owner is about to end."""


Happening = (
    Asked
    | Renewed
    | Queued
    | Building
    | Unbuilt
    | Unwanted
    | Spawned
    | Served
    | Remarked
    | Ending
    | Ended
    | Over
)
