"""From state to state: a pure function of what happened and when.

What operators want (`desired`) is kept apart from what is so (`state`), and wins over crashes.
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
    Finish,
    Happening,
    Over,
    Preparation,
    Queued,
    Renewed,
    Served,
    Service,
    Situation,
    Spawned,
    State,
    Told,
    Unbuilt,
    Wish,
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
TICK = 1e-3  # seconds; sums of times are not exact


def may_start(situation: Situation, now: float) -> bool:
    """Tell whether a process may be started now."""
    if situation.desired is Desired.STOP:
        return False
    if situation.state in RETRYING:
        return situation.retry_at is not None and now >= situation.retry_at - TICK
    return situation.state in {State.PENDING, State.BUILDING}


def after(situation: Situation, happening: Happening, now: float, chance: float = 1.0) -> Situation:
    """Return what becomes of it; `chance` in [0, 1] spreads restarts, at 1 they are slowest."""
    match happening:
        case Asked() | Renewed():
            return _wished(situation, happening, now)
        case Queued() | Building() | Unbuilt():
            return _prepared(situation, happening, now)
        case Spawned() | Served() | Told():
            return _served(situation, happening, now)
        case Ending() | Ended() | Over():
            return _finished(situation, happening, now, chance)


def _wished(situation: Situation, happening: Wish, now: float) -> Situation:
    if isinstance(happening, Renewed):
        forgotten = _forgotten(situation)
        failed = situation.state in FAILED
        return _entered(forgotten, State.PENDING, now) if failed else forgotten
    wished = structs.replace(situation, desired=happening.desired)
    if wished.state in ALIVE:
        return wished
    if wished.desired is Desired.STOP:
        return _entered(_forgotten(wished), State.STOPPED, now)
    return _entered(wished, State.PENDING, now) if wished.state is State.STOPPED else wished


def _prepared(situation: Situation, happening: Preparation, now: float) -> Situation:
    if situation.desired is Desired.STOP:
        return situation
    match happening:
        case Queued():
            return _entered(situation, State.PENDING, now, TURN)
        case Building():
            return _entered(situation, State.BUILDING, now)
        case Unbuilt(reason, None):
            return _entered(situation, State.BLOCKED, now, reason)
        case Unbuilt(reason, wait):
            assert wait is not None
            return _later(situation, State.BACKOFF, reason, (now, wait))


def _served(situation: Situation, happening: Service, now: float) -> Situation:
    match happening:
        case Spawned():
            return _entered(situation, State.STARTING, now)
        case Served():
            served = structs.replace(situation, served_since=now)
            return _entered(served, State.READY, now)
        case Told(trouble, note) if situation.state in SERVING:
            state = State.DEGRADED if trouble else State.READY
            since = situation.since if state is situation.state else now
            return structs.replace(situation, state=state, reason=trouble or note, since=since)
        case Told():
            return situation


def _finished(situation: Situation, happening: Finish, now: float, chance: float) -> Situation:
    match happening:
        case Ending(reason):
            return _entered(situation, State.STOPPING, now, reason)
        case Over():
            return _entered(situation, State.STOPPED, now)
        case Ended(_, cause):
            stable = _stable(situation, now)
            known = _forgotten(situation) if stable else situation
            known = structs.replace(known, served_since=None)
            if known.desired is Desired.STOP:
                return _entered(known, State.STOPPED, now)
            if cause is Cause.ASKED or (cause is Cause.WORN and stable):
                return _entered(known, State.PENDING, now, happening.reason)
            return _failed(known, happening, now, chance)


def _failed(situation: Situation, ended: Ended, now: float, chance: float) -> Situation:
    match ended.cause:
        case Cause.HOPELESS:
            return _entered(situation, State.BLOCKED, now, ended.reason)
        case Cause.MACHINE:
            return _later(situation, State.BACKOFF, ended.reason, (now, MACHINE_RESTART))
        case Cause.TEMPORARY:
            return _again(situation, ended.reason, now, chance)
        case _:
            return _crashed(situation, ended.reason, now, chance)


def _crashed(situation: Situation, reason: str, now: float, chance: float) -> Situation:
    recent = (*(at for at in situation.recent if now - at < LOOP_WINDOW), now)
    known = structs.replace(situation, recent=recent[-LOOP_FAILURES:])
    if not known.loops and len(recent) < LOOP_FAILURES:
        return _again(known, reason, now, chance)
    loops = known.loops + 1
    wait = backoff.delay(loops, first=FIRST_LOOP_RESTART, cap=SLOWEST_LOOP_RESTART)
    known = structs.replace(known, loops=loops, failures=known.failures + 1)
    return _later(known, State.CRASH_LOOP, reason, (now, backoff.spread(wait, chance)))


def _again(situation: Situation, reason: str, now: float, chance: float) -> Situation:
    failures = situation.failures + 1
    wait = backoff.delay(failures, first=FIRST_RESTART, cap=SLOWEST_RESTART)
    known = structs.replace(situation, failures=failures)
    return _later(known, State.BACKOFF, reason, (now, backoff.spread(wait, chance)))


def _later(situation: Situation, state: State, reason: str, when: tuple[float, float]) -> Situation:
    now, wait = when
    return structs.replace(_entered(situation, state, now, reason), retry_at=now + wait)


def _entered(
    situation: Situation, state: State, now: float, reason: str | None = None
) -> Situation:
    return structs.replace(situation, state=state, reason=reason, since=now, retry_at=None)


def _forgotten(situation: Situation) -> Situation:
    return structs.replace(situation, failures=0, recent=(), loops=0)


def _stable(situation: Situation, now: float) -> bool:
    served = situation.served_since
    return served is not None and now - served >= STABLE_AFTER
