"""A change of state as the journal keeps it."""

from datetime import UTC, datetime, timedelta

from framework.journal import Transition
from framework.workers.session.exits import End
from framework.workers.states import Situation, State


def transition(
    identifier: str, before: State, after: Situation, pid: int | None, end: End | None
) -> Transition:
    """Return the change to a state, with the end of the process where one led to it."""
    if end is None:
        return Transition(identifier, moment(), before, after.state, after.reason, pid)
    return Transition(
        identifier=identifier,
        at=moment(),
        before=before,
        after=after.state,
        reason=after.reason or end.reason,
        pid=end.pid,
        exit_code=end.exit_code,
        signal=end.signal,
        stderr=list(end.stderr),
    )


def moment(seconds: float = 0) -> str:
    """Return the time in so many seconds, ISO 8601 in UTC with milliseconds."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
