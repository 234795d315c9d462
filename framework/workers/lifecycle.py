"""From state to state: a pure function of what happened and when.

The desired state is stored separately from the actual one and overrides it.
"""

from msgspec import structs

from framework import backoff
from framework.journal import Desired
from framework.workers.states import (
    ALIVE,
    FAILED,
    RETRYING,
    SERVING,
    Asked,
    Building,
    Cause,
    Ended,
    Ending,
    Happening,
    Over,
    Queued,
    Remarked,
    Renewed,
    Served,
    Situation,
    Spawned,
    State,
    Unbuilt,
    Unwanted,
)

FIRST_RESTART = 1.0  # seconds
SLOWEST_RESTART = 60.0  # seconds
STABLE_AFTER = 60.0  # seconds of service after which earlier failures are forgotten
LOOP_FAILURES = 5  # within
LOOP_WINDOW = 600.0  # seconds
FIRST_LOOP_RESTART = 300.0  # seconds
SLOWEST_LOOP_RESTART = 1800.0  # seconds
MACHINE_RESTART = 10.0  # seconds, after this machine could not start a process
TURN = "waits for its turn to start"
UNBUILT = "its build is being ended"
TICK = 1e-3  # seconds; sums of times are not exact


def may_start(situation: Situation, now: float) -> bool:
    """Tell whether a process may be started now."""
    if situation.desired is Desired.STOP:
        return False
    if situation.state in RETRYING:
        return situation.retry_at is not None and now >= situation.retry_at - TICK
    return situation.state in {State.PENDING, State.BUILDING}


def after(situation: Situation, happening: Happening, now: float, chance: float = 1.0) -> Situation:  # noqa: C901, PLR0911, PLR0912 - one case for each happening
    """Return the next situation; `chance` in [0, 1] spreads restarts, at 1 they are slowest."""
    match happening:
        case Asked(desired):
            wished = structs.replace(situation, desired=desired)
            if wished.state in ALIVE:
                return wished
            if desired is Desired.STOP and wished.state is State.BUILDING:
                return _entered(_forgotten(wished), State.STOPPING, now, UNBUILT)
            if desired is Desired.STOP:
                return _entered(_forgotten(wished), State.STOPPED, now)
            stopped = wished.state is State.STOPPED
            return _entered(wished, State.PENDING, now) if stopped else wished
        case Renewed():
            failed, forgotten = situation.state in FAILED, _forgotten(situation)
            return _entered(forgotten, State.PENDING, now) if failed else forgotten
        case Queued() | Building() | Unbuilt() if situation.desired is Desired.STOP:
            return situation
        case Queued():
            return _entered(situation, State.PENDING, now, TURN)
        case Building():
            return _entered(situation, State.BUILDING, now)
        case Unbuilt(reason, None):
            return _entered(situation, State.BLOCKED, now, reason)
        case Unbuilt(reason, wait):
            assert wait is not None
            return _waiting(situation, State.BACKOFF, reason, now, wait)
        case Unwanted() if situation.state not in {State.BUILDING, State.STOPPING}:
            return situation
        case Unwanted():
            stop = situation.desired is Desired.STOP
            return _entered(situation, State.STOPPED if stop else State.PENDING, now)
        case Spawned():
            return _entered(situation, State.STARTING, now)
        case Served():
            return _entered(structs.replace(situation, served_since=now), State.READY, now)
        case Remarked() if situation.state not in SERVING:
            return situation
        case Remarked(trouble, note):
            state = State.DEGRADED if trouble else State.READY
            since = situation.since if state is situation.state else now
            return structs.replace(situation, state=state, reason=trouble or note, since=since)
        case Ending(reason):
            return _entered(situation, State.STOPPING, now, reason)
        case Ended(reason, cause):
            return _ended(situation, reason, cause, now, chance)
        case Over():
            return _entered(situation, State.STOPPED, now)


def _ended(situation: Situation, reason: str, cause: Cause, now: float, chance: float) -> Situation:
    served = situation.served_since
    stable = served is not None and now - served >= STABLE_AFTER
    known = _forgotten(situation) if stable else situation
    known = structs.replace(known, served_since=None)
    if known.desired is Desired.STOP:
        return _entered(known, State.STOPPED, now)
    if cause is Cause.ASKED or (cause is Cause.WORN and stable):
        return _entered(known, State.PENDING, now, reason)
    match cause:
        case Cause.WORN | Cause.CRASHED:
            return _crashed(known, reason, now, chance)
        case Cause.TEMPORARY:
            return _again(known, reason, now, chance)
        case Cause.HOPELESS:
            return _entered(known, State.BLOCKED, now, reason)
        case Cause.MACHINE:
            return _waiting(known, State.BACKOFF, reason, now, MACHINE_RESTART)


def _crashed(situation: Situation, reason: str, now: float, chance: float) -> Situation:
    recent = (*(at for at in situation.recent if now - at < LOOP_WINDOW), now)
    known = structs.replace(situation, recent=recent[-LOOP_FAILURES:])
    if not known.loops and len(recent) < LOOP_FAILURES:
        return _again(known, reason, now, chance)
    loops = known.loops + 1
    wait = backoff.delay(loops, first=FIRST_LOOP_RESTART, cap=SLOWEST_LOOP_RESTART)
    known = structs.replace(known, loops=loops, failures=known.failures + 1)
    return _waiting(known, State.CRASH_LOOP, reason, now, backoff.spread(wait, chance))


def _again(situation: Situation, reason: str, now: float, chance: float) -> Situation:
    failures = situation.failures + 1
    wait = backoff.delay(failures, first=FIRST_RESTART, cap=SLOWEST_RESTART)
    known = structs.replace(situation, failures=failures)
    return _waiting(known, State.BACKOFF, reason, now, backoff.spread(wait, chance))


def _waiting(situation: Situation, state: State, reason: str, now: float, wait: float) -> Situation:
    return structs.replace(_entered(situation, state, now, reason), retry_at=now + wait)


def _entered(
    situation: Situation, state: State, now: float, reason: str | None = None
) -> Situation:
    return structs.replace(situation, state=state, reason=reason, since=now, retry_at=None)


def _forgotten(situation: Situation) -> Situation:
    return structs.replace(situation, failures=0, recent=(), loops=0)
