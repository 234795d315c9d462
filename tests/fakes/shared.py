"""What a worker shares with others, for tests of one."""

from collections.abc import Iterable

from framework.events import Delivery
from framework.journal import Transition
from framework.workers.desk import Shared
from framework.workers.lanes import Ledger
from framework.workers.starts import Starts

STARTS = Starts(64)  # one for all tests: there is always a turn


class Notes:
    """A ledger that keeps what became of states, and knows no deliveries."""

    def __init__(self) -> None:
        self.transitions: list[Transition] = []

    def note(self, transition: Transition) -> None:
        self.transitions.append(transition)

    def count_attempt(self, delivery: Delivery) -> Delivery:
        return delivery

    def give_back(self, delivery: Delivery) -> None:
        pass

    def done(self, deliveries: Iterable[Delivery]) -> None:
        pass


def shared(ledger: Ledger) -> Shared:
    if not STARTS.is_alive():
        STARTS.start()
    return Shared(ledger, STARTS)
