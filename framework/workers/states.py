"""The states of an integration, and what has to be known beside the state to go on."""

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
    """A state with its reason; times are seconds of the monotonic clock.

    `failures` in a row decide the next delay; `recent` are the times of those that may become a
    crash loop, `loops` counts the delays since it became one; `served_since`: serving since then.
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
