"""One row that cannot be decoded is left out; the rest works."""

import sqlite3
from contextlib import closing

import pytest

from framework.events import Resync
from framework.journal import Desired, Journal, ResyncReport, Transition
from framework.journal.unreadable import Unreadable

BODIES = [b"", b"{", b"\xff", b"[1]", None, 7, "text", b"[" * 100_000]


@pytest.fixture
def damaged(path):
    """Return what replaces a column, and opens the journal again."""
    opened = []

    def damage(statement, *values):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            assert connection.execute(statement, values).rowcount == 1
        journal = Journal(path)
        journal.open()
        opened.append(journal)
        return journal

    yield damage
    for journal in opened:
        journal.close()


def recorded(journal):
    for name in ("e1", "e2"):
        journal.record(Resync(name, None, "test"), ["jira"])
    for name in ("jira", "kafka"):
        journal.desire(name, Desired.PAUSE)
        journal.record_resync(ResyncReport(name, "completed", "2026-11-24T12:00:00.000Z"))
    for reason in ("a", "b"):
        journal.note(Transition("jira", "2026-11-24T12:00:00.000Z", "A", "B", reason, None))
    assert len(journal.transitions("jira")) == 2
    journal.close()


def test_an_event_that_cannot_be_read_holds_up_no_other(journal, damaged, caplog):
    recorded(journal)
    journal = damaged("UPDATE events SET body = ? WHERE id = 'e1'", b"{")

    assert [one.event.id for one in journal.pending()] == ["e2"]
    assert [one.event for one in journal.last_deliveries("jira")] == ["e2"]
    assert journal.unreadable == 1
    assert caplog.text.count("the journal's row 'e1' in `events` cannot be read") == 1


def test_a_report_that_cannot_be_read_hides_no_other(journal, damaged):
    recorded(journal)
    journal = damaged("UPDATE resyncs SET body = ? WHERE identifier = 'jira'", b"\xff")

    assert list(journal.last_resyncs()) == ["kafka"]
    assert journal.unreadable == 1


def test_a_transition_that_cannot_be_read_hides_no_other(journal, damaged):
    recorded(journal)
    journal = damaged("UPDATE transitions SET body = ? WHERE number = 1", b"[]")

    assert [one.reason for one in journal.transitions("jira")] == ["b"]
    assert journal.unreadable == 1


def test_text_that_is_no_text_hides_no_other(journal, damaged):
    recorded(journal)
    journal = damaged(
        "UPDATE deliveries SET identifier = CAST(x'ff' AS TEXT) WHERE event = ?", "e1"
    )

    assert [one.event.id for one in journal.pending()] == ["e1", "e2"]
    assert [one.event for one in journal.last_deliveries("jira")] == ["e2"]


def test_a_desired_state_that_is_none_hides_no_other(journal, damaged, caplog):
    recorded(journal)
    journal = damaged("UPDATE desired SET wanted = 'paus' WHERE identifier = 'jira'")

    assert journal.desired() == {"kafka": Desired.PAUSE}
    assert journal.unreadable == 1
    assert "the journal's row 'jira' in `desired` cannot be read" in caplog.text


@pytest.mark.parametrize("body", BODIES)
def test_whatever_a_row_holds_it_is_left_out_and_logged_once(body, caplog):
    unreadable = Unreadable()
    for _ in range(2):
        assert unreadable.read("events", "e1", body, Resync) is None

    assert unreadable.count == 1
    assert caplog.text.count("cannot be read and is left out") == 1
