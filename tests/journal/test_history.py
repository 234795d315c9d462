import time
from contextlib import closing
from datetime import datetime

import msgspec

from framework.events import Delivery, Resync
from framework.journal import DeliveryEntry, Desired, Journal, Transition, history
from framework.journal.unreadable import Unreadable

CRASH = Transition(
    "jira",
    "2026-11-24T12:00:00.000Z",
    "READY",
    "BACKOFF",
    reason="killed by SIGSEGV",
    pid=7,
    signal="SIGSEGV",
    stderr=["Fatal Python error", "Segmentation fault"],
)


def numbered(number, identifier="jira"):
    return Transition(identifier, "2026-11-24T12:00:00.000Z", "STARTING", "READY", pid=number)


def test_a_transition_looks_on_the_wire_as_operators_read_it():
    assert msgspec.to_builtins(CRASH) == {
        "identifier": "jira",
        "at": "2026-11-24T12:00:00.000Z",
        "from": "READY",
        "to": "BACKOFF",
        "reason": "killed by SIGSEGV",
        "pid": 7,
        "signal": "SIGSEGV",
        "stderr": ["Fatal Python error", "Segmentation fault"],
    }


def test_transitions_come_newest_first_and_survive_a_restart(journal, path):
    journal.note(numbered(1))
    journal.note(CRASH)
    journal.note(numbered(2, "kafka"))
    journal.close()

    with closing(Journal(path)) as restarted:
        restarted.open()
        assert restarted.transitions("jira") == [CRASH, numbered(1)]
        assert restarted.transitions("jira", limit=1) == [CRASH]
        assert restarted.transitions("never seen") == []


def test_only_the_newest_transitions_of_each_integration_are_kept(connection):
    history.note(connection, numbered(0, "kafka"))
    for number in range(history.KEPT + 50):
        history.note(connection, numbered(number))

    kept = history.transitions(connection, Unreadable(), "jira", limit=1000)
    assert [one.pid for one in kept] == list(range(history.KEPT + 49, 49, -1))
    assert history.transitions(connection, Unreadable(), "kafka", limit=10) == [
        numbered(0, "kafka")
    ]


def test_what_operators_want_survives_a_restart_and_the_last_word_counts(journal, path):
    journal.desire("jira", Desired.STOP)
    journal.desire("kafka", Desired.STOP)
    journal.desire("jira", Desired.PAUSE)
    journal.desire("kafka", Desired.RUN)
    journal.close()

    with closing(Journal(path)) as restarted:
        restarted.open()
        desired = restarted.desired()
    assert desired == {"jira": Desired.PAUSE, "kafka": Desired.RUN}
    assert "never spoken of" not in desired


def test_the_last_deliveries_come_newest_first_done_or_not(journal):
    before = time.time()
    for name in ("e1", "e2", "e3"):
        journal.record(Resync(name, None, f"reason {name}"), ["jira", "kafka"])
    [first, second, *_] = [one for one in journal.pending() if one.identifier == "jira"]
    journal.done([first])
    journal.count_attempt(second)

    entries = journal.last_deliveries("jira")

    assert [msgspec.structs.replace(one, recorded_at="") for one in entries] == [
        DeliveryEntry("e3", "resync", "reason e3", 0, "pending", ""),
        DeliveryEntry("e2", "resync", "reason e2", 1, "sent", ""),
        DeliveryEntry("e1", "resync", "reason e1", 0, "done", ""),
    ]
    assert all(one.recorded_at.endswith("Z") for one in entries)
    recorded = datetime.fromisoformat(entries[0].recorded_at).timestamp()
    assert before - 0.001 <= recorded <= time.time()


def test_no_more_deliveries_than_asked_for_are_read(journal):
    for number in range(12):
        journal.record(Resync(f"e{number}", None, "start"), ["jira"])
    journal.done([Delivery(Resync("e11", None, "start"), "jira")])

    assert len(journal.last_deliveries("jira")) == 10
    [newest] = journal.last_deliveries("jira", limit=1)
    assert (newest.event, newest.state) == ("e11", "done")
