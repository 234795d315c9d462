"""Deleting entities, with or without their dependents.

A dependent is an entity whose *required* relation names the deleted one. From other relations the
deleted entity is just removed.
"""

import sqlite3

from framework.sandbox.port import entity_store, refusals, unverified
from framework.sandbox.port.calls import Answer, Call
from framework.sandbox.port.documents import BLUEPRINTS
from framework.sandbox.port.entity_store import Key
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
    found = [key for key in keys if entity_store.find(local.database, key)]
    _delete(local.database, found, cascade=cascade)
    return Answer({"deletedEntities": [key.identifier for key in found]})


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
        for reference in entity_store.references(database, key):
            entity_store.forget_reference(database, reference, key.identifier)
        entity_store.delete(database, key)


def _dependents(database: sqlite3.Connection, key: Key) -> list[Key]:
    found = []
    for source, relation in entity_store.references(database, key):
        relations = BLUEPRINTS.get(database, source.blueprint)["relations"]
        if source != key and relations.get(relation, {}).get("required"):
            found.append(source)
    return found


def _identifiers(call: Call) -> list[str]:
    value = call.object().get("entities")
    if isinstance(value, list) and 1 <= len(value) <= MOST_DELETIONS:
        identifiers = [each for each in value if isinstance(each, str)]
        if len(identifiers) == len(value):
            return list(dict.fromkeys(identifiers))
    raise refusals.invalid(f"entities must be a list of 1 to {MOST_DELETIONS} identifiers")
