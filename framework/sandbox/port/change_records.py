"""The records about integrations that Port writes to Kafka."""

import secrets

from framework.sandbox.port import unverified
from framework.sandbox.port.calls import Json, Message
from framework.sandbox.port.local_port import LocalPort
from framework.sandbox.settings import RESYNC_REQUESTS_FLAG


def topics(org_id: str) -> tuple[str, str]:
    """Return the topic of changes and the topic of requested resyncs."""
    return f"{org_id}.change.log", f"{org_id}.integration.resync.requests"


def updated(local: LocalPort, before: Json, after: Json) -> Message:
    """Return the change.log message of an integration that changed."""
    return Message(
        topics(local.settings.org_id)[0],
        {
            "action": "UPDATE",
            "resourceType": "integration",
            "status": "SUCCESS",
            "trigger": _trigger(local, after["updatedAt"]),
            "context": {"integration": after["identifier"]},
            "diff": {"before": before, "after": after},
            "changelogDestination": unverified.CHANGELOG_DESTINATION,
        },
    )


def resync(local: LocalPort, integration: Json) -> Message:
    """Return the change.log message of a requested resync."""
    return Message(
        topics(local.settings.org_id)[0],
        {
            "action": "RESYNC",
            "resourceType": "integration",
            "status": "SUCCESS",
            "trigger": _trigger(local, integration["updatedAt"]),
            "context": {"integrationId": integration["identifier"]},
        },
    )


def resync_requests(local: LocalPort, integration: Json) -> tuple[Message, ...]:
    """Return the message for the newer topic, or none if the organisation lacks its flag."""
    settings = local.settings
    if RESYNC_REQUESTS_FLAG not in settings.feature_flags:
        return ()
    context = {"integrationId": integration["identifier"], "orgId": settings.org_id}
    value = {"context": context, "requestId": f"req-{secrets.token_hex(8)}"}
    return (Message(topics(settings.org_id)[1], value),)


def _trigger(local: LocalPort, at: str) -> Json:
    by = {"orgId": local.settings.org_id, "userId": local.client_id}
    return {"by": by, "origin": "API", "at": at}
