"""The state of an integration as its log, the journal and operators see it."""

import logging
import random
from collections.abc import Callable

from msgspec import Struct, structs

from framework import moments
from framework.journal import Desired, Transition
from framework.workers import lifecycle
from framework.workers.loop import Loop
from framework.workers.session.exits import Exit
from framework.workers.states import ALIVE, FAILED, SERVING, Happening, Situation, State

LEVELS = dict.fromkeys(FAILED, logging.ERROR) | {State.PENDING: logging.DEBUG}


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
        """Return the status after the owner failed, which took the process with it."""
        return structs.replace(
            self, state=State.BLOCKED, reason=reason, pid=None, since=moments.now(), retry_at=None
        )


class StateReport:
    """Owned by the owner's thread; `publish` is called after everything that happened."""

    def __init__(self, loop: Loop, publish: Callable[[], None]):
        self._loop = loop
        self._publish = publish
        self.situation = Situation()

    @property
    def now(self) -> float:
        """The time on the clock that the situation uses."""
        return self._loop.timers.clock()

    @property
    def serving(self) -> bool:
        """Tell whether the process serves, whatever operators want."""
        return self.situation.state in SERVING

    @property
    def open(self) -> bool:
        """Tell whether the process may be given deliveries."""
        return self.serving and self.situation.desired is Desired.RUN

    @property
    def startable(self) -> bool:
        """Tell whether a process may be started now."""
        return lifecycle.may_start(self.situation, self.now)

    def happened(self, happening: Happening, pid: int | None, exited: Exit | None) -> None:
        """Enter the next state; `pid` is the process, `exited` how it ended."""
        before = self.situation
        after = lifecycle.after(before, happening, self.now, random.random())  # noqa: S311 - no secret
        if after.reason:
            after = structs.replace(after, reason=self._loop.hide(after.reason))
        self.situation = after
        if (before.state, before.reason) != (after.state, after.reason):
            self._log()
        if before.state is not after.state:
            pid = pid if after.state in ALIVE else None
            if exited:
                exited = structs.replace(exited, reason=self._loop.hide(exited.reason))
            known = transition(self._loop.identifier, before.state, after, pid, exited)
            self._loop.shared.ledger.note(known)
        self._publish()

    def _log(self) -> None:
        situation = self.situation
        reason = f": {situation.reason}" if situation.reason else ""
        retry_at = situation.retry_at
        again = "" if retry_at is None else f"; the next try is in {retry_at - self.now:.1f} s"
        level = LEVELS.get(situation.state, logging.INFO)
        self._loop.log.log(level, "%s%s%s", situation.state, reason, again)


def transition(
    identifier: str, before: State, after: Situation, pid: int | None, exited: Exit | None
) -> Transition:
    """Return a change of state for the journal; `exited` is the end of a process that led to it."""
    if exited is None:
        return Transition(identifier, moments.now(), before, after.state, after.reason, pid)
    return Transition(
        identifier=identifier,
        at=moments.now(),
        before=before,
        after=after.state,
        reason=after.reason or exited.reason,
        pid=exited.pid,
        exit_code=exited.exit_code,
        signal=exited.signal,
        stderr=list(exited.stderr),
    )
