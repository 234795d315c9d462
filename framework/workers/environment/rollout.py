"""Which environment next: a pure function of what was built, what ended and when.

A new environment is on probation as long as one to go back to is known and its first minutes are
not over; times are Unix seconds, since a probation outlives the supervisor.
"""

from msgspec import Struct, structs

from framework.environments import Environment
from framework.environments.installed.current import Bad, Current
from framework.workers.notes import Built
from framework.workers.session.exits import Exit

PROBATION = 300.0  # seconds
CRASHES = 3  # within the probation
SHOWN = 12  # digits of a key: enough to tell environments apart

BUILDING = "building a new environment"
WAITING = "a new environment waits for the delivery in work"
NOTES = (BUILDING, WAITING)  # remarks that are no trouble


class Rollout(Struct, frozen=True):
    """What is noted, and what only this life knows; `remark` is for operators.

    `fingerprint` is that of the inputs which the environment in use was built from, if known;
    `served`: a process got ready in it.
    """

    current: Current = Current()
    fingerprint: str = ""
    crashes: int = 0
    served: bool = False
    remark: str | None = None


def resumed(current: Current) -> Rollout:
    """Go on from what was noted in an earlier life."""
    return Rollout(current, remark=_refusal(current.bad))


def building(rollout: Rollout) -> Rollout:
    """Say that today's inputs are dealt with."""
    return structs.replace(rollout, remark=BUILDING)


def unbuilt(rollout: Rollout, reason: str) -> Rollout:
    """Stay, and say why."""
    remark = f"the new environment could not be built: {reason}"
    return structs.replace(rollout, remark=remark)


def refuses(rollout: Rollout, built: Built) -> bool:
    """Tell whether it failed, and its inputs are the same as then."""
    bad = rollout.current.bad
    return bad is not None and _identity(bad) == (built.environment.key, built.fingerprint)


def refused(rollout: Rollout) -> Rollout:
    """Stay, and say why."""
    return structs.replace(rollout, remark=_refusal(rollout.current.bad))


def replaces(rollout: Rollout, built: Built) -> bool:
    """Tell whether it is another environment than the one in use."""
    environment = rollout.current.environment
    return environment is None or environment.key != built.environment.key


def confirmed(rollout: Rollout, built: Built) -> Rollout:
    """Stay: today's inputs lead to the environment in use; what was bad may be tried again."""
    current = structs.replace(rollout.current, environment=built.environment, bad=None)
    return structs.replace(rollout, current=current, fingerprint=built.fingerprint, remark=None)


def succeeded(rollout: Rollout, built: Built, now: float) -> Rollout:
    """Go on to another environment, from now on probation."""
    last = rollout.current
    previous = last.previous if _doubtful(rollout, now) else last.environment
    if previous and previous.key == built.environment.key:
        previous = None  # the inputs are what they were before
    return Rollout(Current(built.environment, previous, now), built.fingerprint)


def served(rollout: Rollout) -> Rollout:
    """Know that a process got ready in the environment in use."""
    return structs.replace(rollout, served=True)


def ended(rollout: Rollout, end: Exit, now: float) -> Rollout:
    """Stay after the end of a process, or go back to the previous environment."""
    if not on_probation(rollout, now):
        return rollout
    crashes = rollout.crashes + 1
    if not end.final and crashes < CRASHES:
        return structs.replace(rollout, crashes=crashes)
    return _gone_back(rollout, _verdict(end), now)


def fallen_back(rollout: Rollout, previous: Environment, now: float) -> Rollout:
    """Go back to the previous environment since the one in use is gone."""
    return structs.replace(rollout, current=Current(previous, None, now), crashes=0, served=False)


def on_probation(rollout: Rollout, now: float) -> bool:
    """Tell whether the environment in use is new, and there is one to go back to."""
    current = rollout.current
    return current.previous is not None and now - current.since < PROBATION


def _doubtful(rollout: Rollout, now: float) -> bool:
    proven = rollout.served and not rollout.crashes
    return on_probation(rollout, now) and not proven


def _gone_back(rollout: Rollout, reason: str, now: float) -> Rollout:
    failed = rollout.current
    assert failed.environment is not None
    bad = Bad(failed.environment.key, rollout.fingerprint, reason)
    return resumed(Current(failed.previous, None, now, bad))


def _verdict(end: Exit) -> str:
    if end.final:
        return end.reason
    return f"{CRASHES} ends in its first {PROBATION / 60:.0f} minutes, the last: {end.reason}"


def _identity(bad: Bad) -> tuple[str, str]:
    return bad.key, bad.fingerprint


def _refusal(bad: Bad | None) -> str | None:
    return f"the new environment {bad.key[:SHOWN]} is not used: {bad.reason}" if bad else None
