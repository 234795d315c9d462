import threading

import msgspec

from framework.events import Delivery, Event, Hub, Resync, TriggerStatus

EVENT = Resync("kafka:requests:0:7:1700", "jira", "requested in Port")


def test_a_delivery_is_named_by_its_event_and_integration():
    assert Delivery(EVENT, "jira").id == "kafka:requests:0:7:1700/jira"


def test_a_delivery_that_was_never_sent_has_no_attempt():
    assert Delivery(EVENT, "jira").attempt == 0


def test_an_event_survives_being_written_down():
    assert msgspec.json.decode(msgspec.json.encode(EVENT), type=Event) == EVENT


def test_a_hub_hands_events_to_the_house():
    accepted = []
    hub = Hub("i1", lambda event: accepted.append(event) or 1, accepted.append, threading.Event())

    assert hub.accept(EVENT) == 1
    assert accepted == [EVENT]


def test_a_status_is_written_in_camel_case_with_its_counters():
    status = TriggerStatus("KAFKA", "listening", counters={"records": 1})

    assert msgspec.to_builtins(status) == {
        "type": "KAFKA", "state": "listening", "reason": None, "counters": {"records": 1},
    }  # fmt: skip
