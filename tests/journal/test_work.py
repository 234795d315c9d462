from contextlib import closing

import msgspec
import pytest

from framework.errors import JournalError
from framework.events import Delivery, Resync
from framework.journal import Claim, Journal, KindReport, ResyncReport

EVENT = Resync("e1", None, "start")
JIRA = Delivery(EVENT, "jira")
KAFKA = Delivery(EVENT, "kafka")


def test_an_event_is_recorded_with_a_delivery_for_each_integration(journal):
    assert journal.record(EVENT, ["jira", "kafka"]) == [JIRA, KAFKA]
    assert journal.pending() == [JIRA, KAFKA]


def test_a_known_event_changes_nothing(journal):
    journal.record(EVENT, ["jira"])

    assert journal.record(EVENT, ["jira", "kafka"]) == []
    assert journal.pending() == [JIRA]


def test_a_done_event_stays_known(journal):
    journal.record(EVENT, ["jira"])
    journal.done([JIRA])

    assert journal.record(EVENT, ["jira"]) == []
    assert journal.pending() == []


def test_an_integration_named_twice_gets_one_delivery(journal):
    assert journal.record(EVENT, ["jira", "jira"]) == [JIRA]


def test_pending_deliveries_come_oldest_first(journal):
    events = [Resync(name, "jira", "asked for") for name in ("z", "a", "m")]
    for event in events:
        journal.record(event, ["jira"])

    assert [delivery.event for delivery in journal.pending()] == events


def test_an_attempt_is_counted_on_what_is_stored(journal):
    [delivery] = journal.record(EVENT, ["jira"])
    journal.count_attempt(delivery)

    assert journal.count_attempt(delivery).attempt == 2


def test_a_delivery_that_was_on_its_way_is_pending_after_a_restart(journal, path):
    journal.record(EVENT, ["jira"])
    journal.count_attempt(JIRA)
    journal.close()

    with closing(Journal(path)) as restarted:
        restarted.open()
        assert restarted.pending() == [msgspec.structs.replace(JIRA, attempt=1)]


def test_a_delivery_given_back_keeps_its_attempts(journal):
    journal.record(EVENT, ["jira"])
    sent = journal.count_attempt(JIRA)
    journal.give_back(sent)

    assert journal.pending() == [sent]


def test_a_done_delivery_cannot_be_given_back_nor_sent(journal):
    journal.record(EVENT, ["jira"])
    journal.done([JIRA])
    journal.give_back(JIRA)

    assert journal.pending() == []
    with pytest.raises(JournalError, match="'e1/jira' is done or was never recorded"):
        journal.count_attempt(JIRA)


def test_the_other_deliveries_of_an_event_are_not_done(journal):
    journal.record(EVENT, ["jira", "kafka"])
    journal.done([JIRA])

    assert journal.pending() == [KAFKA]


def test_blueprints_are_noted_for_their_integration(journal):
    journal.note_blueprint("jira", "issue")
    journal.note_blueprint("jira", "issue")
    journal.note_blueprint("kafka", "topic")

    assert journal.noted_blueprints("jira") == {"issue"}


def test_a_note_on_a_blueprint_can_be_taken_back(journal):
    journal.note_blueprint("jira", "issue")
    journal.note_blueprint("jira", "project")

    journal.forget_blueprint("jira", "issue")

    assert journal.noted_blueprints("jira") == {"project"}


def claim(**changes):
    known = Claim("kafka", "topic", "topic", 0, mapping="m1", attempt="e1/kafka#1")
    return msgspec.structs.replace(known, **changes)


def test_a_claim_made_again_has_the_new_attempt(journal):
    journal.claim([claim()])
    journal.claim([claim(attempt="e2/kafka#1")])

    assert journal.claims("kafka") == [claim(attempt="e2/kafka#1")]


def test_a_changed_mapping_claims_beside_the_old_one(journal):
    journal.claim([claim(), claim(mapping="m2")])

    assert journal.claims("kafka") == [claim(), claim(mapping="m2")]


def test_a_completed_resync_leaves_its_own_claims(journal):
    journal.claim([claim(), claim(kind="broker", attempt="old"), claim(identifier="other")])
    journal.forget_claims("kafka", before="e1/kafka#1")

    assert journal.claims("kafka") == [claim()]
    assert journal.claims("other") == [claim(identifier="other")]


def test_the_newest_report_takes_the_place_of_the_last(journal):
    running = ResyncReport("kafka", "running", "2026-11-24T12:00:00Z")
    failed = msgspec.structs.replace(
        running, status="failed", error="x", kinds=[KindReport("topic", 0, items=3)]
    )
    journal.record_resync(running)
    journal.record_resync(failed)

    assert journal.last_resyncs() == {"kafka": failed}
