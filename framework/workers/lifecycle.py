"""The states of an integration: a pure function of what happened and when."""

import enum

from msgspec import Struct, structs

from framework.workers import backoff

FIRST_RESTART = 1.0  # seconds
SLOWEST_RESTART = 60.0  # seconds
STABLE_AFTER = 60.0  # seconds of READY after which earlier failures are forgotten


class State(enum.StrEnum):
    """What an integration is doing, in the operator's words."""

    PENDING = "PENDING"
    BUILDING = "BUILDING"
    STARTING = "STARTING"
    READY = "READY"
    BACKOFF = "BACKOFF"
    BLOCKED = "BLOCKED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


class Situation(Struct, frozen=True):
    """A state with its reason; `since` and `retry_at` are seconds of the monotonic clock."""

    state: State = State.PENDING
    reason: str | None = None
    since: float = 0
    failures: int = 0
    retry_at: float | None = None


def entered(situation: Situation, state: State, now: float, reason: str | None = None) -> Situation:
    """Go on to the next state of an undisturbed life."""
    return Situation(state=state, reason=reason, since=now, failures=situation.failures)


def failed(situation: Situation, reason: str, now: float) -> Situation:
    """Wait before the next start: 1 s doubling to 60 s, from 1 s again after 60 s of READY."""
    failures = 1 if _was_stable(situation, now) else situation.failures + 1
    wait = backoff.delay(failures, first=FIRST_RESTART, cap=SLOWEST_RESTART)
    return Situation(State.BACKOFF, reason, now, failures, now + wait)


def waiting(situation: Situation, reason: str, now: float, seconds: float) -> Situation:
    """Wait for a build that may work later."""
    return Situation(State.BACKOFF, reason, now, situation.failures, now + seconds)


def blocked(situation: Situation, reason: str, now: float) -> Situation:
    """Stay down until someone changes something: trying again would not help."""
    return structs.replace(
        entered(situation, State.BLOCKED, now, reason), failures=situation.failures + 1
    )


def remarked(situation: Situation, remark: str | None) -> Situation:
    """Say something else about a state that goes on."""
    return structs.replace(situation, reason=remark)


def renewed(situation: Situation) -> Situation:
    """Forget failures in another environment."""
    return structs.replace(situation, failures=0)


def _was_stable(situation: Situation, now: float) -> bool:
    return situation.state is State.READY and now - situation.since >= STABLE_AFTER
