"""Events (something happened outside) and deliveries (an event for one integration)."""

import threading
from collections.abc import Callable
from typing import Literal

from msgspec import Struct


class Resync(Struct, frozen=True, tag="resync"):
    """Read a source again and make the catalog match.

    `id` is unique for ever, and the same if a trigger sees the same thing twice; `integration` is
    the identifier it is meant for, or None for every integration; operators see `reason`.
    """

    id: str
    integration: str | None
    reason: str


Event = Resync
"""All sorts of events; a new sort is a new member."""


class Delivery(Struct, frozen=True):
    """One event for one integration; `attempt` counts how often it was sent, from 1."""

    event: Event
    identifier: str
    attempt: int = 0

    @property
    def id(self) -> str:
        """Its name in messages and in the journal."""
        return f"{self.event.id}/{self.identifier}"


class Hub(Struct, frozen=True):
    """What the supervisor gives to a trigger.

    `accept` records an event and returns how many integrations it concerns. It raises JournalError
    if nothing was recorded; then nothing may be acknowledged. `resync_all` takes a reason.
    """

    instance: str
    accept: Callable[[Event], int]
    resync_all: Callable[[str], None]
    stop: threading.Event


class TriggerStatus(Struct, frozen=True, rename="camel"):
    """The state of a trigger; `reason` says what is wrong and what to do next."""

    type: str
    state: Literal["connecting", "listening", "degraded", "failed", "stopped"]
    reason: str | None = None
    counters: dict[str, int] = {}
