"""Entities: what the catalog holds, stored one by one or twenty at a time.

Source: https://docs.port.io/api-reference/create-an-entity and its neighbours.
"""

import secrets

from msgspec import Struct

from framework.sandbox.port import entity_rules, entity_store, names, refusals, unverified
from framework.sandbox.port.calls import Answer, Call, Json
from framework.sandbox.port.documents import BLUEPRINTS
from framework.sandbox.port.entity_store import Key
from framework.sandbox.port.local_port import LocalPort

MOST_UPSERTS = 20
OVERWRITTEN = ("title", "icon", "team")
LEFT_OUT = ("run_id", "validation_only")  # query parameters that the sandbox does not support


class Options(Struct, frozen=True):
    """How the entities of one call are stored: their blueprint, the flags, the writer."""

    blueprint: Json
    upsert: bool
    merge: bool
    create_missing: bool
    datasource: str


def get(local: LocalPort, call: Call) -> Answer:
    """GET /v1/blueprints/{blueprint}/entities/{identifier}."""
    BLUEPRINTS.get(local.database, call.names["blueprint"])
    key = Key(call.names["blueprint"], call.names["identifier"])
    return Answer({"entity": entity_store.get(local.database, key)})


def listing(local: LocalPort, call: Call) -> Answer:
    """GET /v1/blueprints/{blueprint}/entities: all of them."""
    BLUEPRINTS.get(local.database, call.names["blueprint"])
    return Answer({"entities": entity_store.listing(local.database, call.names["blueprint"])})


def count(local: LocalPort, call: Call) -> Answer:
    """GET /v1/blueprints/{blueprint}/entities-count."""
    BLUEPRINTS.get(local.database, call.names["blueprint"])
    return Answer({"count": entity_store.count(local.database, call.names["blueprint"])})


def create(local: LocalPort, call: Call) -> Answer:
    """POST /v1/blueprints/{blueprint}/entities."""
    entity, created = _upsert(local, _options(local, call), call.body)
    return Answer({"entity": entity}, 201 if created else unverified.UPDATED_STATUS)


def create_many(local: LocalPort, call: Call) -> Answer:
    """POST /v1/blueprints/{blueprint}/entities/bulk: refused entities are listed in `errors`."""
    options = _options(local, call)
    bodies = call.object().get("entities")
    if not isinstance(bodies, list) or not 1 <= len(bodies) <= MOST_UPSERTS:
        raise refusals.invalid(f"entities must be a list of 1 to {MOST_UPSERTS} entities")
    stored: list[Json] = []
    errors: list[Json] = []
    for index, body in enumerate(bodies):
        try:
            entity, created = _upsert(local, options, body)
        except refusals.RefusedError as refusal:
            errors.append(_error(index, body, refusal))
        else:
            row = {"created": created, "identifier": entity["identifier"], "index": index}
            stored.append({**row, "additionalData": {}})
    status = unverified.PARTLY_STATUS if errors else 200
    return Answer({"entities": stored, "errors": errors}, status)


def _options(local: LocalPort, call: Call) -> Options:
    for name in LEFT_OUT:
        if call.query.get(name, "false") != "false":
            raise refusals.invalid(f"query parameter {name!r} is not part of the sandbox")
    return Options(
        blueprint=BLUEPRINTS.get(local.database, call.names["blueprint"]),
        upsert=call.flag("upsert"),
        merge=call.flag("merge"),
        create_missing=call.flag("create_missing_related_entities"),
        datasource=call.user_agent,
    )


def _upsert(local: LocalPort, options: Options, body: object) -> tuple[Json, bool]:
    """Check everything, then store: a refused entity leaves nothing behind."""
    if not isinstance(body, dict):
        raise refusals.invalid("an entity must be a JSON object")
    identifier = names.check_entity(body.get("identifier", f"e_{secrets.token_hex(8)}"))
    entity_rules.check_shape(body)
    key = Key(options.blueprint["identifier"], identifier)
    before = entity_store.find(local.database, key)
    if before and not options.upsert:
        raise refusals.taken(f"entity {identifier!r}")
    entity = _combined(local, key, body, before, merge=options.merge)
    entity_rules.check_properties(entity, body.get("properties", {}), options.blueprint)
    entity_rules.check_relations(entity, body.get("relations", {}), options.blueprint)
    targets = _targets(entity, options.blueprint)
    _ensure_targets(local, options, key, targets)
    entity_store.put(local.database, entity, targets, options.datasource)
    return entity, before is None


def _combined(local: LocalPort, key: Key, body: Json, before: Json | None, *, merge: bool) -> Json:
    now = local.clock.now()
    entity: Json = {"identifier": key.identifier, "title": None, "icon": None, "team": []}
    entity |= {"blueprint": key.blueprint, "properties": {}, "relations": {}}
    if before and merge:
        entity |= before
    entity |= {name: body[name] for name in OVERWRITTEN if name in body}
    if isinstance(entity["team"], str):
        entity["team"] = [entity["team"]]
    for part in ("properties", "relations"):
        entity[part] = {**entity[part], **body.get(part, {})}
    born = before or {"createdAt": now, "createdBy": local.client_id}
    entity |= {"createdAt": born["createdAt"], "createdBy": born["createdBy"]}
    return {**entity, "updatedAt": now, "updatedBy": local.client_id}


def _targets(entity: Json, blueprint: Json) -> dict[str, list[Key]]:
    targets = {}
    for name, relation in blueprint["relations"].items():
        value = entity["relations"].get(name)
        identifiers = value if isinstance(value, list) else [value] if value else []
        targets[name] = [Key(relation["target"], identifier) for identifier in identifiers]
    return targets


def _ensure_targets(
    local: LocalPort, options: Options, key: Key, targets: dict[str, list[Key]]
) -> None:
    """Create related entities that are missing, or refuse with 404."""
    named = [target for many in targets.values() for target in many]
    missing = [
        target
        for target in named
        if target != key and not entity_store.find(local.database, target)
    ]
    if missing and not options.create_missing:
        first = missing[0]
        what = f"related entity {first.identifier!r} of blueprint {first.blueprint!r}"
        raise refusals.not_found(what)
    datasource = options.datasource if unverified.STUBS_ARE_STAMPED else ""
    for target in dict.fromkeys(missing):
        body = {"title": target.identifier}
        stub = _combined(local, target, body, None, merge=False)
        entity_store.put(local.database, stub, {}, datasource)


def _error(index: int, body: object, refusal: refusals.RefusedError) -> Json:
    identifier = body.get("identifier") if isinstance(body, dict) else None
    return {
        "identifier": identifier if isinstance(identifier, str) else "unknown",
        "index": index,
        "statusCode": refusal.status,
        "error": refusal.error,
        "message": str(refusal),
    }
