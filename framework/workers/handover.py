"""When a process makes way for the next one: once it has finished its delivery."""

from framework.workers.delivery.deliveries import Deliveries
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.life import Life
from framework.workers.loop import Timers
from framework.workers.notes import Worn
from framework.workers.states import Cause

TIMER = "handover"


class Handover:
    """Owned by the owner's thread; a delivery may delay it by up to `finish` seconds."""

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
        """Tell whether the process should be given no further delivery."""
        return bool(self._in_use.next or self._worn_reason)

    def wear(self, worn: Worn) -> None:
        """Record that the process has grown, and have it replaced."""
        self._worn = worn
        self.make()

    def make(self) -> None:
        """End the process if another should take over and no delivery delays it any more."""
        if not self.wanted:
            self._timers.clear(TIMER)
        elif not (self._deliveries.busy and self._life.report.serving):
            self._end()
        elif TIMER not in self._timers:
            self._timers.set(TIMER, self._finish, self._end)

    def _end(self) -> None:
        if self._in_use.next:  # it may have taken over since
            self._life.make_way("another environment takes over")
        elif reason := self._worn_reason:
            self._life.make_way(reason, Cause.WORN)

    @property
    def _worn_reason(self) -> str | None:
        worn = self._worn
        return worn.reason if worn and worn.pid == self._life.slot.pid else None
