"""Blueprints: the sorts of entities in the catalog.

Source: https://docs.port.io/api-reference/create-a-blueprint and its neighbours.
"""

from framework.sandbox.port import blueprint_rules, entity_store, names, refusals, unverified
from framework.sandbox.port.calls import Answer, Call, Json
from framework.sandbox.port.documents import BLUEPRINTS
from framework.sandbox.port.local_port import LocalPort

STAMPS = ("createdAt", "createdBy", "updatedAt", "updatedBy")


def listing(local: LocalPort, call: Call) -> Answer:
    """GET /v1/blueprints."""
    del call
    return Answer({"blueprints": BLUEPRINTS.all(local.database)})


def get(local: LocalPort, call: Call) -> Answer:
    """GET /v1/blueprints/{blueprint}."""
    return Answer({"blueprint": BLUEPRINTS.get(local.database, call.names["blueprint"])})


def create(local: LocalPort, call: Call) -> Answer:
    """POST /v1/blueprints."""
    body = {**blueprint_rules.COMPLETE, **_unstamped(call.object())}
    blueprint_rules.check(local.database, body)
    now = local.clock.now()
    stamps = dict(zip(STAMPS, (now, local.client_id) * 2, strict=True))
    blueprint = {**body, **stamps}
    BLUEPRINTS.insert(local.database, blueprint)
    return Answer({"blueprint": blueprint}, 201)


def replace(local: LocalPort, call: Call) -> Answer:
    """PUT /v1/blueprints/{blueprint}: what the body leaves out is removed."""
    before = BLUEPRINTS.get(local.database, call.names["blueprint"])
    return _store(local, before, {**blueprint_rules.COMPLETE, **_unstamped(call.object())})


def update(local: LocalPort, call: Call) -> Answer:
    """PATCH /v1/blueprints/{blueprint}: what the body leaves out stays."""
    before = BLUEPRINTS.get(local.database, call.names["blueprint"])
    return _store(local, before, {**before, **_unstamped(call.object())})


def delete(local: LocalPort, call: Call) -> Answer:
    """DELETE /v1/blueprints/{blueprint}: it must have no entities and be no relation's target."""
    identifier = names.check_blueprint(call.names["blueprint"])
    if entity_store.count(local.database, identifier):
        raise refusals.RefusedError(
            unverified.HAS_ENTITIES_STATUS,
            unverified.HAS_ENTITIES,
            f"blueprint {identifier!r} has entities; delete them first",
        )
    for blueprint in BLUEPRINTS.all(local.database):
        targets = {relation["target"] for relation in blueprint["relations"].values()}
        if identifier in targets and blueprint["identifier"] != identifier:
            raise refusals.RefusedError(
                unverified.DEPENDENTS_STATUS,
                unverified.HAS_DEPENDENTS,
                f"blueprint {blueprint['identifier']!r} has a relation to {identifier!r}",
            )
    BLUEPRINTS.delete(local.database, identifier)
    return Answer()


def _store(local: LocalPort, before: Json, body: Json) -> Answer:
    body = {"identifier": before["identifier"], **body}
    if body["identifier"] != before["identifier"]:
        raise refusals.invalid("renaming a blueprint is not part of the sandbox")
    blueprint_rules.check(local.database, body)
    blueprint_rules.check_types(before, body)
    stamps = {name: before[name] for name in STAMPS}
    stamps |= {"updatedAt": local.clock.now(), "updatedBy": local.client_id}
    BLUEPRINTS.replace(local.database, {**body, **stamps})
    return Answer({"blueprint": {**body, **stamps}})


def _unstamped(body: Json) -> Json:
    return {name: value for name, value in body.items() if name not in STAMPS}
