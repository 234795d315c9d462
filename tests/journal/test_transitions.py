import logging
import threading
from concurrent.futures import Future

import pytest

from framework.errors import JournalError
from framework.journal import Journal, Transition, transitions
from framework.journal.transitions import Transitions

DISK = JournalError("the journal could not be used: database or disk is full")


def transition(identifier="jira", after="READY"):
    return Transition(identifier, "2026-11-24T12:00:00.000Z", "STARTING", after)


class Desk:
    """Takes requests as the journal does and answers them when the test says so."""

    def __init__(self):
        self.requests = []
        self.transitions = Transitions(self.requests.append)

    def note(self, times=1, identifier="jira"):
        for _ in range(times):
            self.transitions.add(transition(identifier))

    def store(self):
        while self.requests:
            self.requests.pop(0).answer.set_result(None)

    def fail(self, error=DISK):
        while self.requests:
            self.requests.pop(0).answer.set_exception(error)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.DEBUG, logger="framework.journal")
    return lambda: [record.getMessage() for record in caplog.records]


def test_what_is_stored_is_not_spoken_of(desk, said):
    desk.note(3)
    desk.store()

    assert said() == []


def test_a_stuck_disk_holds_up_so_many_notes_of_each_integration_and_no_more(desk):
    desk.note(transitions.WAITING + 7)
    desk.note(3, identifier="kafka")

    assert len(desk.requests) == transitions.WAITING + 3


def test_what_was_dropped_is_counted_and_told_once_it_works_again(desk, said):
    desk.note(transitions.WAITING + 7)
    assert said() == []
    desk.store()
    desk.note(transitions.WAITING)
    desk.store()

    assert said() == ["jira: transitions are stored again; 7 are missing from its history"]


def test_what_cannot_be_stored_is_logged_once_for_each_cause(desk, said):
    desk.note(3)
    desk.note(identifier="kafka")
    desk.fail()
    desk.note()
    desk.fail(JournalError("the journal could not be used: database is locked"))

    [full, locked] = said()
    assert full.startswith("jira: a transition is not stored")
    assert full.endswith("database or disk is full")
    assert locked.endswith("database is locked")


def test_a_cause_that_comes_back_is_logged_again(desk, said):
    for _ in range(2):
        desk.note(2)
        desk.fail()
        desk.note()
        desk.store()

    again = "jira: transitions are stored again; 2 are missing from its history"
    assert [line for line in said() if line == again] == [again, again]
    assert len(said()) == 4


def test_notes_before_the_journal_is_open_and_after_it_is_closed_are_dropped(path, said):
    journal = Journal(path)
    journal.note(transition())
    assert not path.exists()
    journal.open()
    journal.note(transition(after="STOPPING"))
    journal.close()
    for _ in range(transitions.WAITING + 1):
        journal.note(transition())

    again = Journal(path)
    again.open()
    assert again.transitions("jira") == [transition(after="STOPPING")]
    again.close()
    assert said() == []


def test_a_note_does_not_wait_for_a_busy_journal(journal):
    gate, begun = threading.Event(), threading.Event()
    busy = journal._post(lambda _: begun.set() or gate.wait(10))
    assert begun.wait(10)

    for _ in range(transitions.WAITING + 1):
        journal.note(transition())

    assert not busy.done()
    gate.set()
    assert busy.result(10)
    assert len(journal.transitions("jira", limit=1000)) == transitions.WAITING


def test_a_full_disk_costs_the_transition_and_nothing_else(journal, said):
    pages = journal._post(lambda connection: limit(connection, 0)).result(10)
    journal.note(transition(after="x" * 100_000))
    journal._post(lambda _: None).exception(10)  # it may share the transaction, and fail with it
    assert journal.transitions("jira") == []
    journal._post(lambda connection: limit(connection, pages)).result(10)
    journal.note(transition())

    assert journal.transitions("jira") == [transition()]
    [lost, again] = said()
    assert "disk is full" in lost
    assert again == "jira: transitions are stored again; 1 are missing from its history"


def limit(connection, more):
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + more}")
    return pages


def test_what_cannot_be_encoded_is_dropped_with_its_reason(journal, said):
    journal.note(transition(after="\ud800"))
    journal.note(transition())

    assert journal.transitions("jira") == [transition()]
    assert "surrogates not allowed" in said()[0]


def test_an_answer_that_comes_before_its_count_leaves_room():
    def put(request):
        request.answer.set_result(None)

    at_once = Transitions(put)
    taken = Future()
    for _ in range(transitions.WAITING * 2):
        at_once.add(transition())
    at_once._put = taken.set_result
    at_once.add(transition())

    assert taken.done()
