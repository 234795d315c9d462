"""The rules for blueprints; the first broken one refuses the blueprint.

Source: https://docs.port.io/api-reference/create-a-blueprint
"""

import sqlite3

from framework.sandbox.port import names, refusals, unverified
from framework.sandbox.port.calls import Json
from framework.sandbox.port.documents import BLUEPRINTS

TITLE_LENGTH = 100
DESCRIPTION_LENGTH = 200
TYPES = ("string", "number", "boolean", "object", "array")
FORMATS = (
    "date-time", "url", "email", "idn-email", "ipv4", "ipv6", "markdown", "yaml", "user",
    "blueprints", "team", "timer", "proto", "labeled-url",
)  # fmt: skip
RELATION_KEYS = {"title", "target", "required", "many", "description", "type"}
SECTIONS = ("relations", "mirrorProperties", "calculationProperties", "aggregationProperties")
COMPLETE: Json = {"title": "", "schema": {}, **{section: {} for section in SECTIONS}}


def check(database: sqlite3.Connection, blueprint: Json) -> None:
    """Refuse a blueprint that breaks a rule or names a blueprint that does not exist."""
    names.check_blueprint(blueprint.get("identifier"))
    _check_text(blueprint, "title", 1, TITLE_LENGTH)
    if blueprint.get("description") is not None:
        _check_text(blueprint, "description", 0, DESCRIPTION_LENGTH)
    _check_schema(blueprint.get("schema"))
    for section in SECTIONS:
        for key, value in _objects(blueprint.get(section, {}), section):
            names.check_key(key)
            _check_member(database, blueprint, section, value)
    ownership = blueprint.get("ownership") or {}
    if ownership.get("type") == "Inherited":
        _check_path(blueprint, ownership, "ownership")


def check_types(before: Json, after: Json) -> None:
    """Refuse to change the type of a property that exists."""
    known = before["schema"]["properties"]
    for key, value in after["schema"]["properties"].items():
        if key in known and known[key]["type"] != value["type"]:
            raise refusals.invalid(f"the type of property {key!r} cannot be changed")


def _check_schema(schema: object) -> None:
    if not isinstance(schema, dict) or not set(schema) <= {"properties", "required"}:
        raise refusals.invalid("schema must hold properties and, optionally, required")
    for key, value in _objects(schema.get("properties"), "schema.properties"):
        names.check_key(key)
        _check_choice(value, "type", TYPES)
        if value.get("format") is not None:
            _check_choice(value, "format", FORMATS)
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(key, str) for key in required):
        raise refusals.invalid("schema.required must be a list of property keys")


def _check_member(database: sqlite3.Connection, blueprint: Json, section: str, value: Json) -> None:
    match section:
        case "relations":
            if unknown := sorted(set(value) - RELATION_KEYS):
                raise refusals.invalid(f"a relation has no {', '.join(unknown)}")
            _check_target(database, blueprint, value)
        case "mirrorProperties":
            _check_path(blueprint, value, section)
        case "calculationProperties":
            _check_choice(value, "type", TYPES)
        case _:
            _check_target(database, blueprint, value)


def _check_target(database: sqlite3.Connection, blueprint: Json, value: Json) -> None:
    target = names.check_blueprint(value.get("target"))
    if target != blueprint["identifier"] and BLUEPRINTS.find(database, target) is None:
        raise refusals.RefusedError(
            unverified.UNKNOWN_TARGET_STATUS,
            unverified.UNKNOWN_TARGET,
            f"blueprint {target!r}, the target of a relation, was not found",
        )


def _check_path(blueprint: Json, value: Json, section: str) -> None:
    path = value.get("path")
    first = path.partition(".")[0] if isinstance(path, str) else ""
    if first not in blueprint.get("relations", {}):
        raise refusals.invalid(f"{section}: path {path!r} does not begin with a relation")


def _objects(value: object, where: str) -> list[tuple[str, Json]]:
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise refusals.invalid(f"{where} must be an object of objects")
    return list(value.items())


def _check_text(blueprint: Json, key: str, least: int, most: int) -> None:
    value = blueprint.get(key)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise refusals.invalid(f"{key} must be a string of {least} to {most} characters")


def _check_choice(value: Json, key: str, known: tuple[str, ...]) -> None:
    if value.get(key) not in known:
        raise refusals.invalid(f"{key} must be one of {', '.join(known)}; got {value.get(key)!r}")
