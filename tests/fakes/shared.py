"""What a worker shares with others, for tests of one."""

from collections.abc import Iterable

from framework.events import Delivery
from framework.journal import Transition
from framework.machine.start_gate import StartGate
from framework.workers.loop import Ledger, Shared

STARTS = StartGate(64)  # one for all tests: there is always a turn


class Notes:
    """A ledger that keeps what became of states, and which deliveries went back or are done."""

    def __init__(self) -> None:
        self.transitions: list[Transition] = []
        self.back: list[str] = []
        self.finished: list[str] = []

    def note(self, transition: Transition) -> None:
        self.transitions.append(transition)

    def count_attempt(self, delivery: Delivery) -> Delivery:
        return delivery

    def give_back(self, delivery: Delivery) -> None:
        self.back.append(delivery.id)

    def done(self, deliveries: Iterable[Delivery]) -> None:
        self.finished += [one.id for one in deliveries]


def shared(ledger: Ledger) -> Shared:
    if not STARTS.is_alive():
        STARTS.start()
    return Shared(ledger, STARTS)
