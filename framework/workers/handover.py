"""How a process makes way for the next one: once it is through with its delivery."""

from framework.workers.delivery.deliveries import Deliveries
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.life import Life
from framework.workers.loop import Timers
from framework.workers.notes import Worn
from framework.workers.states import Cause

TIMER = "way"


class Handover:
    """Owned by the owner's thread; `finish` is how many seconds a delivery may hold it up."""

    def __init__(
        self,
        life: Life,
        in_use: EnvironmentInUse,
        deliveries: Deliveries,
        timers: Timers,
        finish: float,
    ):
        self._life = life
        self._in_use = in_use
        self._deliveries = deliveries
        self._timers = timers
        self._finish = finish
        self._worn: Worn | None = None

    @property
    def wanted(self) -> bool:
        """Tell whether the process there is should not begin anything more."""
        return bool(self._in_use.next or self._grown)

    def wear(self, worn: Worn) -> None:
        """Know that the process has grown."""
        self._worn = worn
        self.make()

    def make(self) -> None:
        """Let the process end if another should take over and nothing holds it up any more."""
        if not self.wanted:
            self._timers.clear(TIMER)
        elif not (self._deliveries.busy and self._life.report.serving):
            self._end()
        elif TIMER not in self._timers:
            self._timers.set(TIMER, self._finish, self._end)

    def _end(self) -> None:
        if self._in_use.next:  # it may have taken over since
            self._life.make_way("another environment takes over")
        elif reason := self._grown:
            self._life.make_way(reason, Cause.WORN)

    @property
    def _grown(self) -> str | None:
        worn = self._worn
        return worn.reason if worn and worn.pid == self._life.slot.pid else None
