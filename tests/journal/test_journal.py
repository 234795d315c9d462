import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pytest

from framework.errors import JournalError
from framework.events import Delivery, Resync
from framework.journal import Journal
from framework.journal import journal as module

EVENT = Resync("e1", None, "start")


def test_many_threads_record_at_once(journal):
    events = [Resync(f"e{number}", None, "start") for number in range(200)]

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda event: journal.record(event, ["jira"]), events))

    assert all(answers)
    assert {delivery.event for delivery in journal.pending()} == set(events)


def test_what_was_asked_for_before_closing_is_done(journal):
    begun, gate = threading.Event(), threading.Event()
    journal._post(lambda _: begun.set() or gate.wait(10))
    assert begun.wait(10)
    answers = [journal._post(lambda _, name=name: name) for name in range(module.GROUP + 10)]

    closer = threading.Thread(target=journal.close)
    closer.start()
    gate.set()
    closer.join(10)

    assert [answer.result(0) for answer in answers] == list(range(module.GROUP + 10))
    assert not journal.is_alive()


def test_closing_twice_is_the_same_as_once(journal):
    journal.close()
    journal.close()

    with pytest.raises(JournalError, match="is closed"):
        journal.pending()


def test_a_journal_that_was_never_opened_can_be_closed(path):
    Journal(path).close()

    assert not path.exists()


def test_a_caller_that_gave_up_before_its_turn_has_stored_nothing(journal):
    gate = threading.Event()
    busy = journal._post(lambda _: gate.wait(10))
    request = journal._post(lambda connection: connection.execute("DELETE FROM nothing"))
    request.cancel()
    gate.set()

    assert busy.result(10)
    assert journal.pending() == []


def test_an_event_whose_caller_no_longer_waited_is_handed_out_on_the_next_try(journal):
    journal._unheard.add(EVENT.id)
    journal._post(lambda connection: module.work.record(connection, EVENT, ["jira"])).result(10)

    assert journal.record(EVENT, ["jira"]) == [Delivery(EVENT, "jira")]
    assert journal.record(EVENT, ["jira"]) == []


def test_a_record_that_fails_is_whole_on_the_next_try(journal, path):
    journal._post(lambda connection: connection.execute("PRAGMA busy_timeout = 0")).result(10)

    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            journal.record(EVENT, ["jira"])

    assert journal.record(EVENT, ["jira"]) == [Delivery(EVENT, "jira")]


def test_a_request_that_does_not_get_its_turn_is_taken_back():
    answer = Future()

    with pytest.raises(JournalError, match="too busy"):
        module._wait(answer, queue_seconds=0)
    assert answer.cancelled()


def test_a_commit_that_takes_too_long_is_an_error():
    answer = Future()
    answer.set_running_or_notify_cancel()

    with pytest.raises(JournalError, match="slow, failing or full"):
        module._wait(answer, queue_seconds=0, work_seconds=0)
