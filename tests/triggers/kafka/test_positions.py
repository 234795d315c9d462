import pytest
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError

from framework.errors import JournalError
from framework.triggers.kafka.positions import FIRST, LOST, START, Positions

P0, P1 = TopicPartition("requests", 0), TopicPartition("requests", 1)


@pytest.fixture
def resyncs():
    return []


@pytest.fixture
def positions(resyncs):
    return Positions(resyncs.append)


def test_nothing_is_resynced_before_partitions_are_assigned(positions, consumer, resyncs):
    positions.settle(consumer)

    assert not positions.are_settled
    assert resyncs == []


def test_a_first_position_is_the_end_committed_before_the_resync(consumer):
    consumer.assigned, consumer.ends = {P0}, {P0: 42}
    seen = []
    positions = Positions(lambda reason: seen.append((reason, dict(consumer.offsets))))

    positions.settle(consumer)

    assert consumer.seeks == [(P0, 42)]
    assert seen == [(START, {P0: 42})]


def test_a_known_position_is_left_alone(positions, consumer, resyncs):
    consumer.assigned, consumer.offsets, consumer.ends = {P0}, {P0: 10}, {P0: 42}

    positions.settle(consumer)

    assert consumer.seeks == []
    assert consumer.offsets == {P0: 10}
    assert resyncs == [START]


def test_the_start_is_resynced_once(positions, consumer, resyncs):
    consumer.assigned = {P0}
    for _ in range(3):
        positions.settle(consumer)
    positions.forget()
    positions.settle(consumer)

    assert resyncs == [START]


def test_a_partition_that_gets_its_first_position_later_resyncs_all_again(
    positions, consumer, resyncs
):
    consumer.assigned = {P0}
    positions.settle(consumer)
    consumer.assigned = {P0, P1}
    positions.settle(consumer)

    assert resyncs == [START, FIRST]


def test_a_position_that_is_gone_is_set_and_resynced_again(positions, consumer, resyncs):
    consumer.assigned = {P0}
    positions.settle(consumer)
    consumer.offsets.clear()
    positions.unsettle({P0})
    positions.settle(consumer)

    assert consumer.offsets == {P0: 0}
    assert resyncs == [START, FIRST]


def test_a_partition_that_comes_back_keeps_its_position(positions, consumer, resyncs):
    for assigned in ({P0}, set(), {P0}):
        consumer.assigned = assigned
        positions.settle(consumer)

    assert resyncs == [START]


def test_lost_records_are_skipped_and_resynced(positions, consumer, resyncs):
    consumer.assigned, consumer.offsets, consumer.ends = {P0}, {P0: 99}, {P0: 3}
    positions.settle(consumer)
    positions.lost(consumer, {P0: 99})
    positions.settle(consumer)

    assert consumer.offsets == {P0: 3}
    assert consumer.seeks == [(P0, 3)]
    assert resyncs == [START, LOST]


def test_a_resync_that_could_not_be_recorded_stays_owed(consumer):
    consumer.assigned = {P0}
    refusals, resyncs = [JournalError("disk is full")], []

    def resync_all(reason):
        if refusals:
            raise refusals.pop()
        resyncs.append(reason)

    positions = Positions(resync_all)
    with pytest.raises(JournalError):
        positions.settle(consumer)
    positions.settle(consumer)

    assert resyncs == [START]


def test_brokers_that_do_not_answer_leave_the_partition_unsettled(positions, consumer, resyncs):
    consumer.assigned, consumer.is_down = {P0}, True
    with pytest.raises(KafkaConnectionError):
        positions.settle(consumer)
    assert resyncs == []

    consumer.is_down = False
    positions.settle(consumer)
    assert resyncs == [START]


def test_a_failed_commit_goes_with_the_next_one(positions, consumer):
    consumer.assigned, consumer.is_down = {P0, P1}, True
    positions.advance(consumer, {P0: 5})
    assert positions.are_behind

    consumer.is_down = False
    positions.advance(consumer, {P1: 6})
    assert consumer.offsets == {P0: 5, P1: 6}
    assert not positions.are_behind


def test_a_failed_commit_is_made_good_without_a_next_one(positions, consumer):
    consumer.assigned, consumer.is_down = {P0}, True
    positions.advance(consumer, {P0: 5})
    consumer.is_down = False
    positions.advance(consumer, {})
    assert positions.are_behind

    positions._retry_at = 0
    positions.advance(consumer, {})
    assert consumer.offsets == {P0: 5}


def test_only_assigned_partitions_are_committed(positions, consumer):
    consumer.assigned = {P1}
    positions.advance(consumer, {P0: 5, P1: 6})

    assert consumer.offsets == {P1: 6}
