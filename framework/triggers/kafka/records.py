"""Turn a Kafka record of Port into an event, or say why it is passed over.

Two topics bring resyncs: `{orgId}.integration.resync.requests` brings nothing else, the older
`{orgId}.change.log` brings every change in the organisation.
"""

import enum
from typing import Protocol

import msgspec
from msgspec import Raw, Struct

from framework.events import Event, Resync

REQUESTS = "integration.resync.requests"
CHANGES = "change.log"
NULL = b"null"


class Record(Protocol):
    """What we use of kafka-python's ConsumerRecord; `timestamp` is in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes | None


class Passed(enum.StrEnum):
    """Why a record is no event; also the name of its counter."""

    TOMBSTONE = "tombstones"
    MALFORMED = "malformed"
    UNRELATED = "unrelated"  # another resource, a deletion, or the resync state that we wrote


class _Request(Struct, rename="camel"):
    integration_id: str


class _Envelope(Struct, rename="camel"):
    action: str | None = None
    resource_type: str | None = None
    context: Raw = Raw(NULL)
    diff: Raw = Raw(NULL)


class _ResyncState(Struct, rename="camel"):
    updated_at: str | None = None


class _Integration(Struct, rename="camel"):
    installation_id: str | None = None
    identifier: str | None = None
    updated_at: str | None = None
    resync_state: _ResyncState | None = None


class _Diff(Struct):
    after: _Integration | None = None


def event(record: Record) -> Event | Passed:
    """Read a record; never raise, whatever it contains."""
    if record.value is None or record.value.strip() == NULL:
        return Passed.TOMBSTONE
    try:
        return _read(record, record.value)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return Passed.MALFORMED


def _read(record: Record, value: bytes) -> Event | Passed:
    envelope = msgspec.json.decode(value, type=_Envelope)
    if record.topic.endswith(REQUESTS) or envelope.action == "RESYNC":
        request = msgspec.json.decode(envelope.context, type=_Request)
        return _resync(record, request.integration_id, "requested in Port")
    if (envelope.resource_type, envelope.action) != ("integration", "UPDATE"):
        return Passed.UNRELATED
    diff = msgspec.json.decode(envelope.diff, type=_Diff | None)
    if diff is None or diff.after is None or _is_our_own(diff.after):
        return Passed.UNRELATED
    integration = diff.after.installation_id or diff.after.identifier
    if integration is None:
        return Passed.MALFORMED
    return _resync(record, integration, "changed in Port")


def _is_our_own(after: _Integration) -> bool:
    # When we write the resync state, it and the integration get the same time; that must not loop.
    written = after.resync_state and after.resync_state.updated_at
    return written is not None and written == after.updated_at


def _resync(record: Record, integration: str, reason: str) -> Event:
    identity = (record.topic, record.partition, record.offset, record.timestamp)
    return Resync("kafka:" + ":".join(map(str, identity)), integration, reason)
