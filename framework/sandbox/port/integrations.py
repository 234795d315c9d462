"""Integrations: their registration, their mapping, the state of their resyncs.

Source: the specification of api.getport.io, and what Port's own clients send and read.
"""

import secrets

from framework.sandbox.port import change_records, refusals, unverified
from framework.sandbox.port.calls import Answer, Call, Json
from framework.sandbox.port.documents import INTEGRATIONS
from framework.sandbox.port.local_port import LocalPort

# The settable keys, each with its default.
SETTABLE: Json = {
    "title": None,
    "installationAppType": "",
    "version": "",
    "changelogDestination": {},
    "config": {},
    "spec": {},
    "actionsProcessingEnabled": False,
    "incrementalSyncEnabled": False,
    "arePortResourcesInitialized": False,
    "processingMode": "ocean-core",
}
STATUSES = ("running", "completed", "failed", "aborted")
STATE_KEYS = {"status", "lastResyncStart", "lastResyncEnd", "nextResync", "intervalInMinuets"}


def create(local: LocalPort, call: Call) -> Answer:
    """POST /v1/integration: register an integration."""
    body = call.object()
    identifier = body.get("installationId")
    most = unverified.INTEGRATION_IDENTIFIER_LENGTH
    if not isinstance(identifier, str) or not 0 < len(identifier) <= most:
        raise refusals.invalid(f"installationId must be a string of 1 to {most} characters")
    now = local.clock.now()
    integration = {
        "_id": f"integration_{secrets.token_urlsafe(12)}",
        "_orgId": local.settings.org_id,
        "identifier": identifier,
        "installationId": identifier,
        "installationType": "OnPrem",
        "clientId": local.client_id,
        **SETTABLE,
        **_settable(body),
        "resyncState": unverified.FIRST_RESYNC_STATE,
        "createdBy": local.client_id,
        "updatedBy": local.client_id,
        "createdAt": now,
        "updatedAt": now,
    }
    integration["integrationType"] = integration["installationAppType"]
    INTEGRATIONS.insert(local.database, integration)
    return Answer({"integration": integration}, 201)


def listing(local: LocalPort, call: Call) -> Answer:
    """GET /v1/integration."""
    del call
    return Answer({"integrations": INTEGRATIONS.all(local.database)})


def get(local: LocalPort, call: Call) -> Answer:
    """GET /v1/integration/{identifier}."""
    return Answer({"integration": INTEGRATIONS.get(local.database, call.names["identifier"])})


def update(local: LocalPort, call: Call) -> Answer:
    """PATCH /v1/integration/{identifier}: an empty body asks for a resync."""
    body = {} if call.body is None else call.object()
    before = INTEGRATIONS.get(local.database, call.names["identifier"])
    if not body:
        return request_resync(local, call)
    return _change(local, call, before, {**before, **_settable(body)})


def update_config(local: LocalPort, call: Call) -> Answer:
    """PATCH /v1/integration/{identifier}/config: the mapping and nothing else."""
    body = call.object()
    if set(body) != {"config"} or not isinstance(body["config"], dict):
        raise refusals.invalid("the body must hold config, an object, and nothing else")
    before = INTEGRATIONS.get(local.database, call.names["identifier"])
    return _change(local, call, before, {**before, "config": body["config"]})


def request_resync(local: LocalPort, call: Call) -> Answer:
    """Ask for a resync without a change."""
    integration = INTEGRATIONS.get(local.database, call.names["identifier"])
    if call.skip_resync:
        return Answer({"integration": integration})
    messages = (
        change_records.resync(local, integration),
        *change_records.resync_requests(local, integration),
    )
    return Answer({"integration": integration}, messages=messages)


def update_resync_state(local: LocalPort, call: Call) -> Answer:
    """PATCH /v1/integration/{identifier}/resync-state.

    The integration and its state get the same `updatedAt`. By that, listeners tell this change from
    one that asks for a resync.
    """
    body = call.object()
    if body.get("status") not in STATUSES or not set(body) <= STATE_KEYS:
        raise refusals.invalid(
            f"status must be one of {', '.join(STATUSES)}; the keys are {sorted(STATE_KEYS)}"
        )
    before = INTEGRATIONS.get(local.database, call.names["identifier"])
    now = local.clock.now()
    state = {**before["resyncState"], **body, "updatedAt": now}
    after = {**before, "resyncState": state, "updatedAt": now}
    INTEGRATIONS.replace(local.database, after)
    return Answer({"integration": after}, messages=(change_records.updated(local, before, after),))


def delete(local: LocalPort, call: Call) -> Answer:
    """DELETE /v1/integration/{identifier}; its entities stay."""
    INTEGRATIONS.delete(local.database, call.names["identifier"])
    return Answer()


def _change(local: LocalPort, call: Call, before: Json, after: Json) -> Answer:
    after = {**after, "updatedAt": local.clock.now(), "updatedBy": local.client_id}
    after["integrationType"] = after["installationAppType"]
    INTEGRATIONS.replace(local.database, after)
    if call.skip_resync:
        return Answer({"integration": after})
    messages = [change_records.updated(local, before, after)]
    if after["config"] != before["config"]:
        messages += change_records.resync_requests(local, after)
    return Answer({"integration": after}, messages=tuple(messages))


def _settable(body: Json) -> Json:
    return {name: value for name, value in body.items() if name in SETTABLE}
