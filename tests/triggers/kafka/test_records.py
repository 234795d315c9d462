import pytest

from framework.events import Resync
from framework.triggers.kafka import records
from framework.triggers.kafka.records import Passed

CHANGES = "org_1.change.log"


def change(after, **fields):
    return {"action": "UPDATE", "resourceType": "integration", "diff": {"after": after}, **fields}


@pytest.fixture
def read(record):
    return lambda value, topic=CHANGES: records.event(record(value, topic=topic))


def test_a_request_names_the_integration_and_the_record(request_for):
    assert records.event(request_for("jira")) == Resync(
        "kafka:org_1.integration.resync.requests:0:7:1700", "jira", "requested in Port"
    )


def test_a_recreated_topic_gives_other_ids_for_the_same_offset(request_for):
    first, second = request_for("jira", timestamp=1), request_for("jira", timestamp=2)

    assert records.event(first).id != records.event(second).id


def test_a_resync_in_the_change_log_is_a_request(read):
    message = {"action": "RESYNC", "context": {"integrationId": "jira"}}

    assert read(message).integration == "jira"


def test_a_changed_integration_resyncs(read):
    after = {
        "identifier": "jira",
        "installationId": "jira",
        "config": {"resources": []},
        "updatedAt": "T2",
        "resyncState": {"status": "completed", "updatedAt": "T1"},
    }

    assert read(change(after)).integration == "jira"
    assert read(change(after)).reason == "changed in Port"


@pytest.mark.parametrize(
    "after",
    [
        {"identifier": "jira"},
        {"installationId": "jira", "identifier": "other"},
        {"identifier": "jira", "updatedAt": "T1", "resyncState": None},
        {"identifier": "jira", "updatedAt": "T1", "resyncState": {"status": "running"}},
        {"identifier": "jira", "resyncState": {"updatedAt": "T1"}},
    ],
)
def test_what_is_surely_not_our_own_write_resyncs(read, after):
    assert read(change(after)).integration == "jira"


def test_writing_our_resync_state_never_loops(read):
    after = {"identifier": "jira", "updatedAt": "T1", "resyncState": {"updatedAt": "T1"}}

    assert read(change(after)) is Passed.UNRELATED


@pytest.mark.parametrize(
    "message",
    [
        {},
        change(None, action="DELETE"),
        change(None),
        change({"identifier": "jira"}, action="CREATE"),
        change({"identifier": 5}, resourceType="entity"),
        {"action": "TIMER_EXPIRED", "resourceType": "entity", "trigger": {"by": 1}},
        {"action": "UPDATE", "resourceType": "integration"},
        {"action": "UPDATE", "resourceType": "integration", "diff": None},
    ],
)
def test_other_changes_are_unrelated(read, message):
    assert read(message) is Passed.UNRELATED


@pytest.mark.parametrize("value", [None, b"null", b" null\n"])
def test_no_value_is_a_tombstone(read, value):
    assert read(value) is Passed.TOMBSTONE
    assert read(value, topic="org_1.integration.resync.requests") is Passed.TOMBSTONE


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not JSON",
        b'{"action": "RESY',
        b"\xff\xfe",
        b'{"action": "\xff"}',
        b"[]",
        b'"text"',
        b"5",
        b"[" * 100_000,
        b'{"diff":' + b"[" * 100_000,
        b'{"diff":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        {"action": 5},
        {"action": "RESYNC"},
        {"action": "RESYNC", "context": None},
        {"action": "RESYNC", "context": {"integrationId": None}},
        {"action": "RESYNC", "context": {"integrationId": 5}},
        {"action": "RESYNC", "context": []},
        b'{"action": "RESYNC", "context": {"integrationId": "\\ud800"}}',
        change([]),
        change({}),
        change({"identifier": 5}),
        change({"identifier": "jira", "resyncState": "running"}),
        change({"identifier": "jira"}, diff=[]),
    ],
)
def test_what_is_malformed_raises_nothing(read, value):
    assert read(value) is Passed.MALFORMED


@pytest.mark.parametrize("value", [b"{}", {"context": {}}, {"context": {"integrationId": 5}}])
def test_a_request_without_an_integration_is_malformed(read, value):
    assert read(value, topic="org_1.integration.resync.requests") is Passed.MALFORMED
