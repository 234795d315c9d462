"""The reads and writes of the journal's tables, each inside a transaction."""

import time
from collections.abc import Callable, Iterable
from sqlite3 import Connection
from typing import TypeVar

import msgspec

from framework.errors import DoneError
from framework.events import Delivery, Event
from framework.journal.entries import Claim, ResyncReport
from framework.journal.unreadable import Unreadable

T = TypeVar("T")
Work = Callable[[Connection], T]


def record(connection: Connection, event: Event, identifiers: Iterable[str]) -> list[Delivery]:
    """Add an event and its pending deliveries; return none of them if the event is known."""
    added = connection.execute(
        "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [event.id, msgspec.json.encode(event), time.time()],
    )
    if not added.rowcount:
        return []
    deliveries = [Delivery(event, identifier) for identifier in dict.fromkeys(identifiers)]
    connection.executemany(
        "INSERT INTO deliveries (event, identifier) VALUES (?, ?)", map(_key, deliveries)
    )
    return deliveries


def pending(connection: Connection, unreadable: Unreadable) -> list[Delivery]:
    """Return what is not done, oldest first."""
    rows = connection.execute(
        "SELECT id, body, identifier, attempt FROM deliveries JOIN events ON id = event"
        " WHERE state != 'done' ORDER BY number"
    )
    return [
        Delivery(event, identifier, attempt)
        for key, body, identifier, attempt in rows
        if (event := unreadable.read("events", key, body, Event))
    ]


def count_attempt(connection: Connection, delivery: Delivery) -> Delivery:
    """Record that a delivery is about to be sent; return it with its new attempt."""
    row = connection.execute(
        "UPDATE deliveries SET attempt = attempt + 1, state = 'sent'"
        " WHERE event = ? AND identifier = ? AND state != 'done' RETURNING attempt",
        _key(delivery),
    ).fetchone()
    if row is None:
        raise DoneError(f"delivery {delivery.id!r} is done or was never recorded")
    return msgspec.structs.replace(delivery, attempt=row[0])


def give_back(connection: Connection, delivery: Delivery) -> None:
    """Make a delivery that was sent pending again."""
    connection.execute(
        "UPDATE deliveries SET state = 'pending'"
        " WHERE event = ? AND identifier = ? AND state = 'sent'",
        _key(delivery),
    )


def done(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    """Finish deliveries."""
    connection.executemany(
        "UPDATE deliveries SET state = 'done' WHERE event = ? AND identifier = ?",
        map(_key, deliveries),
    )


def note_blueprint(connection: Connection, identifier: str, blueprint: str) -> None:
    """Record that a blueprint is about to be created for an integration."""
    connection.execute("INSERT OR IGNORE INTO blueprints VALUES (?, ?)", [identifier, blueprint])


def noted_blueprints(connection: Connection, identifier: str) -> set[str]:
    """Return the blueprints recorded for an integration."""
    rows = connection.execute("SELECT blueprint FROM blueprints WHERE identifier = ?", [identifier])
    return {blueprint for (blueprint,) in rows}


def forget_blueprint(connection: Connection, identifier: str, blueprint: str) -> None:
    """Remove the record of a blueprint."""
    connection.execute(
        "DELETE FROM blueprints WHERE identifier = ? AND blueprint = ?", [identifier, blueprint]
    )


def claim(connection: Connection, claims: Iterable[Claim]) -> None:
    """Add claims; a known one gets the new attempt."""
    connection.executemany(
        "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?)",
        map(msgspec.structs.astuple, claims),
    )


def claims(connection: Connection, identifier: str) -> list[Claim]:
    """Return an integration's claims."""
    rows = connection.execute("SELECT * FROM claims WHERE identifier = ?", [identifier])
    return [Claim(*row) for row in rows]


def forget_claims(connection: Connection, identifier: str, attempt: str) -> None:
    """Drop an integration's claims of other attempts."""
    connection.execute(
        "DELETE FROM claims WHERE identifier = ? AND attempt != ?", [identifier, attempt]
    )


def record_resync(connection: Connection, report: ResyncReport) -> None:
    """Replace the integration's report."""
    connection.execute(
        "INSERT OR REPLACE INTO resyncs VALUES (?, ?)",
        [report.identifier, msgspec.json.encode(report)],
    )


def last_resyncs(connection: Connection, unreadable: Unreadable) -> dict[str, ResyncReport]:
    """Return the newest report of each integration."""
    rows = connection.execute("SELECT identifier, body FROM resyncs")
    return {
        name: report
        for name, body in rows
        if (report := unreadable.read("resyncs", name, body, ResyncReport))
    }


def _key(delivery: Delivery) -> tuple[str, str]:
    return delivery.event.id, delivery.identifier
