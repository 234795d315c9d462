"""How an integration is, told to its log, to the journal and to its status."""

import logging
import random
from collections.abc import Callable

from framework.journal import Desired
from framework.workers import lifecycle, transitions
from framework.workers.happenings import Happening
from framework.workers.loop import Desk
from framework.workers.session.exits import End
from framework.workers.states import ALIVE, FAILED, SERVING, Situation, State

LEVELS = dict.fromkeys(FAILED, logging.ERROR) | {State.PENDING: logging.DEBUG}


class Standing:
    """Owned by the owner's thread; `report` is called after everything that happened."""

    def __init__(self, desk: Desk, report: Callable[[], None]):
        self._desk = desk
        self._report = report
        self.situation = Situation()

    @property
    def now(self) -> float:
        """The time that the situation is told in."""
        return self._desk.timers.clock()

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

    def happened(self, happening: Happening, pid: int | None, end: End | None) -> None:
        """Go on to the state that follows; `pid` is the process, `end` how it ended."""
        before = self.situation
        self.situation = lifecycle.after(before, happening, self.now, random.random())  # noqa: S311 - no secret
        if (before.state, before.reason) != (self.situation.state, self.situation.reason):
            self._log()
        if before.state is not self.situation.state:
            pid = pid if self.situation.state in ALIVE else None
            name = self._desk.identifier
            known = transitions.transition(name, before.state, self.situation, pid, end)
            self._desk.shared.ledger.note(known)
        self._report()

    def _log(self) -> None:
        situation = self.situation
        reason = f": {situation.reason}" if situation.reason else ""
        retry_at = situation.retry_at
        again = "" if retry_at is None else f"; the next try is in {retry_at - self.now:.1f} s"
        level = LEVELS.get(situation.state, logging.INFO)
        self._desk.log.log(level, "%s%s%s", situation.state, reason, again)
