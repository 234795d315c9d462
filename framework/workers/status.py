"""An integration as operators see it."""

from msgspec import Struct, structs

from framework import moments
from framework.journal import Desired
from framework.workers.life import Life
from framework.workers.states import State


class WorkerStatus(Struct, frozen=True, rename="camel"):
    """One integration; `environment` is its environment's key, times are ISO 8601 in UTC."""

    identifier: str
    type: str
    state: State = State.PENDING
    reason: str | None = None
    pid: int | None = None
    restarts: int = 0
    environment: str | None = None
    desired: Desired = Desired.RUN
    since: str | None = None
    retry_at: str | None = None

    def broken(self, reason: str) -> "WorkerStatus":
        """Return it after its owner failed, which took the process with it."""
        return structs.replace(
            self, state=State.BLOCKED, reason=reason, pid=None, since=moments.now(), retry_at=None
        )


def reported(life: Life, before: WorkerStatus) -> WorkerStatus:
    """Return the status of a life that went on."""
    situation, now = life.situation, life.standing.now
    same = before.state is situation.state and before.since
    retry_at = situation.retry_at
    return structs.replace(
        before,
        state=situation.state,
        reason=situation.reason,
        pid=life.process.pid,
        restarts=max(0, life.process.starts - 1),
        environment=life.environment,
        desired=situation.desired,
        since=before.since if same else moments.now(situation.since - now),
        retry_at=None if retry_at is None else moments.now(retry_at - now),
    )
