"""The rules for entities; the first broken one refuses the entity."""

import re
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit

from framework.sandbox.port import names, refusals
from framework.sandbox.port.calls import Json

Check = Callable[[Any, Any], bool]


def check_shape(entity: Json) -> None:
    """Refuse an entity of the wrong shape, whatever its blueprint says."""
    for key in ("title", "icon"):
        if not isinstance(entity.get(key), str | None):
            raise refusals.invalid(f"{key} must be a string")
    if not _is_team(entity.get("team")):
        raise refusals.invalid("team must be a string or a list of strings")
    for key in ("properties", "relations"):
        if not isinstance(entity.get(key, {}), dict):
            raise refusals.invalid(f"{key} must be an object")


def check_properties(entity: Json, given: Json, blueprint: Json) -> None:
    """Refuse unknown properties, values that the blueprint forbids, and missing required ones."""
    schema = blueprint["schema"]
    for key, value in given.items():
        if key not in schema["properties"]:
            raise refusals.invalid(f"blueprint {blueprint['identifier']!r} has no property {key!r}")
        if value is not None:
            check_value(f"property {key!r}", value, schema["properties"][key])
    for key in schema.get("required", []):
        if entity["properties"].get(key) is None:
            raise refusals.invalid(f"property {key!r} is required")


def check_relations(entity: Json, given: Json, blueprint: Json) -> None:
    """Refuse unknown relations, ones of the wrong shape, and missing required ones."""
    relations = blueprint["relations"]
    for key, value in given.items():
        if key not in relations:
            raise refusals.invalid(f"blueprint {blueprint['identifier']!r} has no relation {key!r}")
        _check_relation(key, value, relations[key])
    for key, relation in relations.items():
        if relation.get("required") and not entity["relations"].get(key):
            raise refusals.invalid(f"relation {key!r} is required")


def check_value(where: str, value: object, schema: Json) -> None:
    """Refuse a value that its schema forbids."""
    if not _is(value, schema["type"]):
        raise refusals.invalid(f"{where} must be of type {schema['type']}; got {value!r:.200}")
    for keyword, rule in schema.items():
        check = KEYWORDS.get(keyword)
        if check and not check(value, rule):
            raise refusals.invalid(f"{where} breaks {keyword} {rule!r:.200}; got {value!r:.200}")
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict) and "type" in items:
        for item in value:
            check_value(f"an item of {where}", item, items)


def _check_relation(key: str, value: object, relation: Json) -> None:
    if value is None:
        return
    if isinstance(value, dict):
        raise refusals.invalid(
            f"relation {key!r}: a search in place of an identifier is not part of the sandbox"
        )
    if relation.get("many", False) != isinstance(value, list):
        shape = "a list of identifiers" if relation.get("many") else "one identifier"
        raise refusals.invalid(f"relation {key!r} must be {shape}")
    for target in value if isinstance(value, list) else [value]:
        names.check_entity(target)


def _is(value: object, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def _is_team(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return isinstance(value, str | None)


def _has_format(value: Any, name: Any) -> bool:
    check = FORMATS.get(name)
    if check is None or not isinstance(value, str):
        return True
    try:
        return bool(check(value))
    except ValueError:
        return False


def _is_url(value: str) -> bool:
    parts = urlsplit(value)
    return bool(parts.scheme and (parts.netloc or parts.path))


FORMATS: dict[str, Callable[[str], object]] = {
    "date-time": lambda value: "T" in value and datetime.fromisoformat(value),
    "email": lambda value: re.fullmatch(r"[^@\s]+@[^@\s]+", value),
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "url": _is_url,
}
KEYWORDS: dict[str, Check] = {
    "enum": lambda value, rule: isinstance(value, list) or value in rule,
    "format": _has_format,
    "pattern": lambda value, rule: re.search(rule, value) is not None,
    "minLength": lambda value, rule: len(value) >= rule,
    "maxLength": lambda value, rule: len(value) <= rule,
    "minimum": lambda value, rule: value >= rule,
    "maximum": lambda value, rule: value <= rule,
    "minItems": lambda value, rule: len(value) >= rule,
    "maxItems": lambda value, rule: len(value) <= rule,
}
