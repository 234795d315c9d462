"""Group commit: all waiting requests in one transaction, answered only after its commit."""

import sqlite3
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError, Struct

from framework.errors import JournalError
from framework.journal.work import Work


class Request(Struct, frozen=True):
    """Work on the tables, and the future of its answer; once cancelled it is not begun."""

    work: Work[Any]  # the answers of a group differ in type
    answer: Future[Any]


class _Outcome(Struct, frozen=True):
    request: Request
    value: Any = None
    error: Exception | None = None


def together(connection: sqlite3.Connection, requests: Iterable[Request]) -> None:
    """Do the work of all requests in one transaction and answer each; never raises for one."""
    begun = [request for request in requests if request.answer.set_running_or_notify_cancel()]
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_one(connection, request) for request in begun]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        outcomes = [_Outcome(request, error=_failure(error)) for request in begun]
        # SQLite may have rolled back by itself; if it cannot, the next group fails here again.
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
    for outcome in outcomes:
        if outcome.error is not None:
            outcome.request.answer.set_exception(outcome.error)
        else:
            outcome.request.answer.set_result(outcome.value)


def _one(connection: sqlite3.Connection, request: Request) -> _Outcome:
    connection.execute("SAVEPOINT one")
    try:
        value = request.work(connection)
    except Exception as error:  # it concerns this caller, not the group
        if not connection.in_transaction:
            raise sqlite3.OperationalError(str(error)) from error  # SQLite gave up the whole group
        connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        return _Outcome(request, error=_failure(error))
    connection.execute("RELEASE one")
    return _Outcome(request, value)


def _failure(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error | MsgspecError):
        return error
    return JournalError(
        f"the journal could not be used: {error}; check the free space of the state folder and "
        "that no other program holds journal.sqlite locked"
    )
