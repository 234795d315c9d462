"""Deleting entities, with or without those that cannot be without them.

A dependent is an entity whose *required* relation names the deleted one; a relation that is not
required just loses it.
"""

import sqlite3

from framework.sandbox.port import entity_store, refusals, unverified
from framework.sandbox.port.calls import Answer, Call
from framework.sandbox.port.documents import BLUEPRINTS
from framework.sandbox.port.entity_store import Key, Reference
from framework.sandbox.port.local_port import LocalPort

MOST_DELETIONS = 100


def delete(local: LocalPort, call: Call) -> Answer:
    """DELETE /v1/blueprints/{blueprint}/entities/{identifier}."""
    cascade = call.required_flag("delete_dependents")
    key = Key(call.names["blueprint"], call.names["identifier"])
    BLUEPRINTS.get(local.database, key.blueprint)
    entity_store.get(local.database, key)
    _delete(local.database, [key], cascade=cascade)
    return Answer()


def delete_many(local: LocalPort, call: Call) -> Answer:
    """POST /v1/blueprints/{blueprint}/bulk/entities/delete: all or nothing."""
    cascade = call.required_flag("delete_dependents")
    blueprint = call.names["blueprint"]
    BLUEPRINTS.get(local.database, blueprint)
    keys = [Key(blueprint, identifier) for identifier in _identifiers(call)]
    there = [key for key in keys if entity_store.find(local.database, key)]
    _delete(local.database, there, cascade=cascade)
    return Answer({"deletedEntities": [key.identifier for key in there]})


def _delete(database: sqlite3.Connection, keys: list[Key], *, cascade: bool) -> None:
    doomed = dict.fromkeys(keys)
    waiting = list(keys)
    while waiting:
        for dependent in _dependents(database, waiting.pop()):
            if not cascade:
                raise refusals.RefusedError(
                    unverified.DEPENDENTS_STATUS,
                    unverified.HAS_DEPENDENTS,
                    f"entity {dependent.identifier!r} of blueprint {dependent.blueprint!r} "
                    "has a required relation to it",
                )
            if dependent not in doomed:
                doomed[dependent] = None
                waiting.append(dependent)
    for key in doomed:
        _remove(database, key)


def _dependents(database: sqlite3.Connection, key: Key) -> list[Key]:
    return [
        reference.source
        for reference in entity_store.references(database, key)
        if reference.source != key and _is_required(database, reference)
    ]


def _is_required(database: sqlite3.Connection, reference: Reference) -> bool:
    relations = BLUEPRINTS.get(database, reference.source.blueprint)["relations"]
    return bool(relations.get(reference.relation, {}).get("required"))


def _remove(database: sqlite3.Connection, key: Key) -> None:
    for reference in entity_store.references(database, key):
        entity_store.forget_reference(database, reference, key.identifier)
    entity_store.delete(database, key)


def _identifiers(call: Call) -> list[str]:
    value = call.object().get("entities")
    if isinstance(value, list) and 1 <= len(value) <= MOST_DELETIONS:
        identifiers = [one for one in value if isinstance(one, str)]
        if len(identifiers) == len(value):
            return list(dict.fromkeys(identifiers))
    raise refusals.invalid(f"entities must be a list of 1 to {MOST_DELETIONS} identifiers")
