"""In the tables: what operators see of an integration's past, and its desired state."""

from sqlite3 import Connection
from typing import Literal

import msgspec

from framework import moments
from framework.events import Event
from framework.journal.entries import DeliveryEntry, Desired, Transition
from framework.journal.unreadable import Unreadable

KEPT = 200  # transitions of one integration: a day of a crash loop at a try in 30 minutes


def note(connection: Connection, transition: Transition) -> None:
    """Add a transition; drop the integration's oldest ones once there are too many."""
    identifier = transition.identifier
    [newest] = connection.execute(
        "SELECT coalesce(max(number), 0) FROM transitions WHERE identifier = ?", [identifier]
    ).fetchone()
    connection.execute(
        "INSERT INTO transitions VALUES (?, ?, ?)",
        [identifier, newest + 1, msgspec.json.encode(transition)],
    )
    connection.execute(
        "DELETE FROM transitions WHERE identifier = ? AND number <= ?",
        [identifier, newest + 1 - KEPT],
    )


def transitions(
    connection: Connection, unreadable: Unreadable, identifier: str, limit: int
) -> list[Transition]:
    """Return an integration's newest transitions, newest first."""
    rows = connection.execute(
        "SELECT number, body FROM transitions WHERE identifier = ? ORDER BY number DESC LIMIT ?",
        [identifier, limit],
    )
    return [
        transition
        for number, body in rows
        if (
            transition := unreadable.read("transitions", f"{identifier} {number}", body, Transition)
        )
    ]


def desire(connection: Connection, identifier: str, wanted: Desired) -> None:
    """Replace the desired state of an integration."""
    connection.execute("INSERT OR REPLACE INTO desired VALUES (?, ?)", [identifier, wanted.value])


def desired(connection: Connection, unreadable: Unreadable) -> dict[str, Desired]:
    """Return the desired state of each integration that an operator ever set one for."""
    rows = connection.execute("SELECT identifier, wanted FROM desired")
    return {
        name: wish
        for name, wanted in rows
        if (wish := unreadable.read("desired", name, msgspec.json.encode(wanted), Desired))
    }


def last_deliveries(
    connection: Connection, unreadable: Unreadable, identifier: str, limit: int
) -> list[DeliveryEntry]:
    """Return an integration's newest deliveries, newest first."""
    rows = connection.execute(
        "SELECT id, body, attempt, state, recorded_at FROM deliveries JOIN events ON id = event"
        " WHERE identifier = ? ORDER BY number DESC LIMIT ?",
        [identifier, limit],
    )
    return [
        _entry(event, *rest)
        for key, body, *rest in rows
        if (event := unreadable.read("events", key, body, Event))
    ]


def _entry(
    event: Event, attempt: int, state: Literal["pending", "sent", "done"], recorded_at: float
) -> DeliveryEntry:
    sort = str(event.__struct_config__.tag)
    return DeliveryEntry(event.id, sort, event.reason, attempt, state, moments.text(recorded_at))
