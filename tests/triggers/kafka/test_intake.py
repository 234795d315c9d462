import pytest
from kafka import TopicPartition

from framework.errors import JournalError
from framework.triggers.kafka.intake import Intake, Taken, give_back

TOPIC = "org_1.integration.resync.requests"
P0, P1 = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)


@pytest.fixture
def batches(request_for):
    return {
        P0: [request_for("jira", offset=offset) for offset in (3, 4, 5)],
        P1: [request_for("jira", partition=1, offset=8)],
    }


def refuse_from(number):
    accepted = []

    def accept(event):
        if len(accepted) == number:
            raise JournalError("disk is full")
        accepted.append(event)
        return 1

    return accept


def test_events_are_accepted_in_order(batches):
    accepted = []
    taken = Intake(lambda event: accepted.append(event) or 1).take(batches)

    assert [event.id.split(":", 2)[2] for event in accepted] == [
        "0:3:1700", "0:4:1700", "0:5:1700", "1:8:1700",
    ]  # fmt: skip
    assert taken == Taken({P0: 6, P1: 9})


def test_each_record_is_counted_by_what_became_of_it(record, request_for):
    intake = Intake(lambda event: int(event.integration == "jira"))
    values = [
        request_for("jira"), request_for("stranger"), record(None), record(b"{"),
        record({"resourceType": "entity"}, topic="org_1.change.log"),
    ]  # fmt: skip
    intake.take({P0: values})

    assert intake.counters == {
        "records": 5, "events": 1, "foreign": 1, "tombstones": 1, "malformed": 1, "unrelated": 1,
    }  # fmt: skip


def test_counters_that_were_handed_out_never_change(record):
    intake = Intake(lambda _: 1)
    before = intake.counters
    intake.take({P0: [record(None)]})

    assert before["records"] == 0


def test_what_the_journal_refuses_comes_again_with_all_that_follows(batches, consumer):
    consumer.assigned = {P0, P1}
    taken = Intake(refuse_from(1)).take(batches)
    give_back(consumer, batches, taken)

    assert taken == Taken({P0: 4}, "disk is full")
    assert consumer.seeks == [(P0, 4), (P1, 8)]


def test_a_turn_that_lasts_too_long_ends_early(batches, consumer):
    consumer.assigned = {P0, P1}
    taken = Intake(lambda _: 1, turn_seconds=-1).take(batches)
    give_back(consumer, batches, taken)

    assert taken == Taken({P0: 4})
    assert consumer.seeks == [(P0, 4), (P1, 8)]


def test_records_that_were_all_taken_do_not_come_again(batches, consumer):
    consumer.assigned = {P0, P1}
    give_back(consumer, batches, Intake(lambda _: 0).take(batches))

    assert consumer.seeks == []


def test_partitions_that_went_away_are_not_given_back(batches, consumer):
    give_back(consumer, batches, Intake(refuse_from(0)).take(batches))

    assert consumer.seeks == []
