"""Which environment next: a pure function of what was built, what ended and when.

A new environment is on probation in its first minutes, if there is one to go back to. Times are
Unix seconds, since a probation outlives the supervisor.
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
    """What is noted on disk, and what only this owner knows; `remark` is for operators.

    `fingerprint` is that of the inputs of the environment in use, if known; `served`: a process
    got ready in it.
    """

    current: Current = Current()
    fingerprint: str = ""
    crashes: int = 0
    served: bool = False
    remark: str | None = None


def resumed(current: Current) -> Rollout:
    """Continue from what was noted on disk."""
    return Rollout(current, remark=_refusal(current.bad))


def building(rollout: Rollout) -> Rollout:
    """Say that a build has begun."""
    return structs.replace(rollout, remark=BUILDING)


def unbuilt(rollout: Rollout, reason: str) -> Rollout:
    """Stay, and say why."""
    return structs.replace(rollout, remark=f"the new environment could not be built: {reason}")


def unwanted(rollout: Rollout) -> Rollout:
    """Stay: the build was ended before it was done."""
    return structs.replace(rollout, remark=_refusal(rollout.current.bad))


def refuses(rollout: Rollout, built: Built) -> bool:
    """Tell whether this environment failed before, built from the same inputs."""
    bad, key = rollout.current.bad, built.environment.key
    return bad is not None and (bad.key, bad.fingerprint) == (key, built.fingerprint)


def refused(rollout: Rollout) -> Rollout:
    """Stay, and say why."""
    return structs.replace(rollout, remark=_refusal(rollout.current.bad))


def replaces(rollout: Rollout, built: Built) -> bool:
    """Tell whether it is another environment than the one in use."""
    environment = rollout.current.environment
    return environment is None or environment.key != built.environment.key


def confirmed(rollout: Rollout, built: Built) -> Rollout:
    """Stay: the inputs lead to the environment in use. What was bad may be tried again."""
    current = structs.replace(rollout.current, environment=built.environment, bad=None)
    return structs.replace(rollout, current=current, fingerprint=built.fingerprint, remark=None)


def succeeded(rollout: Rollout, built: Built, now: float) -> Rollout:
    """Go on to another environment, on probation from now on."""
    last = rollout.current
    proven = rollout.served and not rollout.crashes
    doubtful = on_probation(rollout, now) and not proven
    previous = last.previous if doubtful else last.environment
    if previous and previous.key == built.environment.key:
        previous = None  # the inputs are what they were before
    return Rollout(Current(built.environment, previous, now), built.fingerprint)


def served(rollout: Rollout) -> Rollout:
    """Record that a process got ready in the environment in use."""
    return structs.replace(rollout, served=True)


def ended(rollout: Rollout, exited: Exit, now: float) -> Rollout:
    """Stay after the end of a process, or go back to the previous environment."""
    if not on_probation(rollout, now):
        return rollout
    crashes = rollout.crashes + 1
    if not exited.final and crashes < CRASHES:
        return structs.replace(rollout, crashes=crashes)
    reason = exited.reason
    if not exited.final:
        minutes = f"{PROBATION / 60:.0f} minutes"
        reason = f"{CRASHES} ends in its first {minutes}, the last: {exited.reason}"
    failed = rollout.current
    assert failed.environment is not None
    bad = Bad(failed.environment.key, rollout.fingerprint, reason)
    return resumed(Current(failed.previous, None, now, bad))


def fallen_back(rollout: Rollout, previous: Environment, now: float) -> Rollout:
    """Go back to the previous environment because the one in use is gone."""
    current = Current(previous, None, now)
    return structs.replace(rollout, current=current, crashes=0, served=False)


def on_probation(rollout: Rollout, now: float) -> bool:
    """Tell whether the environment in use is new, and there is one to go back to.

    One that began in the future is over: the clock was set back, and it might never end.
    """
    current = rollout.current
    return current.previous is not None and 0 <= now - current.since < PROBATION


def _refusal(bad: Bad | None) -> str | None:
    return f"the new environment {bad.key[:SHOWN]} is not used: {bad.reason}" if bad else None
