"""What happened outside (an event) and what it means for one integration (a delivery)."""

from msgspec import Struct


class Resync(Struct, frozen=True, tag="resync"):
    """Read a source again and make the catalog match.

    `id` is unique for ever and the same when the same trigger is seen twice; `integration` is the
    identifier it was meant for, or None for every integration; `reason` is shown to operators.
    """

    id: str
    integration: str | None
    reason: str


Event = Resync
"""Everything integrations can be asked to act on; a new sort of event is a new member."""


class Delivery(Struct, frozen=True):
    """One event for one integration; `attempt` counts how often it was sent, from 1."""

    event: Event
    identifier: str
    attempt: int = 0

    @property
    def id(self) -> str:
        """The name it has on the wire and in the journal."""
        return f"{self.event.id}/{self.identifier}"
