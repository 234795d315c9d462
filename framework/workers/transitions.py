"""A change of state as the journal keeps it."""

from framework import moments
from framework.journal import Transition
from framework.workers.session.exits import End
from framework.workers.states import Situation, State


def transition(
    identifier: str, before: State, after: Situation, pid: int | None, end: End | None
) -> Transition:
    """Return the change to a state, with the end of the process where one led to it."""
    if end is None:
        return Transition(identifier, moments.now(), before, after.state, after.reason, pid)
    return Transition(
        identifier=identifier,
        at=moments.now(),
        before=before,
        after=after.state,
        reason=after.reason or end.reason,
        pid=end.pid,
        exit_code=end.exit_code,
        signal=end.signal,
        stderr=list(end.stderr),
    )
