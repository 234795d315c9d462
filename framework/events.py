"""What happened outside (an event) and what it means for one integration (a delivery)."""

import threading
from collections.abc import Callable
from typing import Literal

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


class Hub(Struct, frozen=True):
    """What a trigger gets from the house.

    `accept` records an event and returns how many integrations it concerns; it raises JournalError
    when nothing was recorded, and then nothing may be acknowledged. `resync_all` takes a reason.
    """

    instance: str
    accept: Callable[[Event], int]
    resync_all: Callable[[str], None]
    stop: threading.Event


class TriggerStatus(Struct, frozen=True, rename="camel"):
    """What a trigger is doing; `reason` says what is wrong and what to do next."""

    type: str
    state: Literal["connecting", "listening", "degraded", "failed", "stopped"]
    reason: str | None = None
    counters: dict[str, int] = {}
