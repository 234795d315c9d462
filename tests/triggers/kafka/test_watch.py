import time

import pytest
from kafka.errors import KafkaConnectionError

from framework.errors import TransientError
from framework.triggers.kafka.connection import Topics
from framework.triggers.kafka.reasons import NETWORK, Complaints
from framework.triggers.kafka.watch import CALM_SECONDS, GIVE_UP_SECONDS, WORRIED_SECONDS, Watch

DOWN = KafkaConnectionError("111 ECONNREFUSED")


@pytest.fixture
def complaints():
    with Complaints() as complaints:
        yield complaints


@pytest.fixture
def watch(connection, complaints):
    return Watch(connection, complaints)


def later(watch, seconds):
    watch._looked_at -= seconds
    watch.look()


def test_granted_topics_are_subscribed_to_once(watch, consumer):
    watch.look()
    later(watch, CALM_SECONDS)

    assert consumer.subscriptions == [("org_1.integration.resync.requests",)]
    assert watch.topics is None


def test_a_topic_that_is_not_granted_is_left_out_and_named(watch, connection, consumer):
    connection.answer = Topics(("a",), {"b": "does not exist"})
    watch.look()

    assert consumer.subscriptions == [("a",)]
    assert watch.topics.startswith("topic 'b' does not exist: ask Port's support")


def test_a_topic_that_is_granted_later_is_read(watch, connection, consumer):
    connection.answer = Topics(("a",), {"b": "does not exist"})
    watch.look()
    connection.answer = Topics(("a", "b"), {})
    later(watch, WORRIED_SECONDS)
    assert consumer.subscriptions == [("a",)]

    later(watch, CALM_SECONDS)
    assert consumer.subscriptions == [("a",), ("a", "b")]
    assert watch.topics is None


def test_with_nothing_to_read_topics_are_asked_for_often(watch, connection, consumer):
    connection.answer = Topics((), {"a": "does not exist"})
    watch.look()
    connection.answer = Topics(("a",), {})
    later(watch, WORRIED_SECONDS)

    assert consumer.subscriptions == [("a",)]


def test_a_topic_that_goes_is_no_longer_subscribed_to(watch, connection, consumer):
    watch.look()
    connection.answer = Topics((), {"a": "does not exist"})
    later(watch, CALM_SECONDS)

    assert consumer.subscriptions[-1] == ()


def test_a_topic_that_turns_out_unreadable_is_left_out(watch, connection, consumer):
    connection.answer = Topics(("a", "b"), {})
    watch.look()
    watch.refuse({"b"})

    assert consumer.subscriptions[-1] == ("a",)
    assert "topic 'b' may not be read" in watch.topics


def test_a_topic_refused_although_it_is_not_read_calls_for_a_new_connection(watch):
    watch.look()

    with pytest.raises(TransientError, match="not read any more"):
        watch.refuse({"stranger"})


def test_a_complaint_is_forgotten_when_the_brokers_answer(watch, complaints):
    watch.look()
    NETWORK.error("111 ECONNREFUSED")
    later(watch, WORRIED_SECONDS)

    assert complaints.worst is None
    assert watch.silence is None


def test_brokers_that_do_not_answer_are_named_until_they_do(watch, connection):
    watch.look()
    NETWORK.error("111 ECONNREFUSED")
    answer, connection.answer = connection.answer, DOWN
    later(watch, WORRIED_SECONDS)
    assert "start the broker" in watch.silence

    connection.answer = answer
    later(watch, WORRIED_SECONDS)
    assert watch.silence is None


def test_a_long_silence_calls_for_a_new_connection(watch, connection):
    connection.answer = DOWN
    watch.look()
    watch._silent_since = time.monotonic() - GIVE_UP_SECONDS - 1

    with pytest.raises(TransientError, match="start the broker"):
        later(watch, WORRIED_SECONDS)


def test_refused_credentials_call_for_a_new_connection_at_once(watch):
    watch.look()
    NETWORK.error("SaslAuthenticationFailedError: invalid credentials")

    with pytest.raises(TransientError, match="refuse the user or the password"):
        watch.look()
