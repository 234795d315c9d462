"""A mapping, checked: the resources to be read and translated, and how entities are written."""

import hashlib
from typing import Any

import msgspec
from msgspec import Raw, Struct

from framework.errors import MappingError
from framework.mapping.app_config import (
    EMPTY,
    WHERE,
    AppConfig,
    ResourceConfig,
    Rules,
    Selector,
    decode,
)
from framework.mapping.contract import Program, Tree
from framework.port.entity import Options


class Resource(Struct, frozen=True):
    """One item under `resources`: a kind with the selector to read it and its program.

    `index` is its place in the list; `hash` changes with anything written in it.
    """

    kind: str
    index: int
    selector: Raw
    hash: str
    program: Program

    @property
    def name(self) -> str:
        """The name that operators see."""
        return f"kind {self.kind!r} (resources[{self.index}])"


class Mapping(Struct, frozen=True):
    """All that Port says about how this integration's raw items become entities.

    `threshold` is the share of a blueprint's entities that one resync may delete.
    """

    resources: list[Resource]
    options: Options
    threshold: float


def parse(config: Raw | None) -> Mapping:
    """Return the mapping in an integration's `config`; raise MappingError naming the place."""
    given = decode(config or EMPTY, AppConfig | None, "config") or AppConfig()
    if not given.resources:
        raise MappingError(f"the mapping has no resources, so nothing can be translated; {WHERE}")
    return Mapping(
        [_resource(index, raw) for index, raw in enumerate(given.resources)],
        Options(
            merge=given.enable_merge_entity,
            create_missing_related_entities=given.create_missing_related_entities,
            delete_dependents=given.delete_dependent_entities,
        ),
        given.entity_deletion_threshold,
    )


def literal_blueprints(resource: Resource) -> frozenset[str]:
    """Return the blueprints that the resource names as a JSON string, whatever the raw items."""
    names = (_literal(body["blueprint"]) for body in resource.program.bodies)
    return frozenset(name for name in names if name)


def _resource(index: int, raw: Raw) -> Resource:
    place = f"resources[{index}]"
    given = decode(raw, ResourceConfig, place)
    selector = decode(given.selector, Selector | None, f"{place}.selector")
    canonical = msgspec.json.encode(decode(raw, Any, place), order="deterministic")
    return Resource(
        kind=given.kind,
        index=index,
        selector=given.selector if selector else EMPTY,
        hash=hashlib.sha256(canonical).hexdigest(),
        program=_program(given, selector or Selector(), place),
    )


def _program(given: ResourceConfig, selector: Selector, place: str) -> Program:
    rules = given.port.entity.rules()
    query = True if selector.query is None else selector.query
    place_of_rules = f"{place}.port.entity.mappings"
    unsupported = None
    if any(isinstance(one.identifier, dict) for one in rules):
        unsupported = (
            f"{place_of_rules}.identifier is a search query, which the framework cannot resolve; "
            f"{WHERE}: give a jq expression that yields the identifier"
        )
    return Program(
        selector=_expression(query, f"{place}.selector.query"),
        bodies=[_body(one, place_of_rules) for one in rules],
        items_to_parse=given.port.items_to_parse,
        item_name=given.port.items_to_parse_name,
        top_level_transform=given.port.items_to_parse_top_level_transform,
        unsupported=unsupported,
    )


def _body(rules: Rules, place: str) -> dict[str, Tree]:
    searched = isinstance(rules.identifier, dict)  # then the program is unsupported
    body = {
        "identifier": "null" if searched else _expression(rules.identifier, f"{place}.identifier"),
        "blueprint": _expression(rules.blueprint, f"{place}.blueprint"),
        "title": rules.title,
        "icon": rules.icon,
        "team": rules.team,
        "properties": rules.properties,
        "relations": rules.relations,
    }
    return {name: _tree(value) for name, value in body.items() if value is not None}


def _tree(value: Any) -> Tree:
    match value:
        case dict():
            return {name: _tree(one) for name, one in value.items()}
        case list():
            return [_tree(one) for one in value]
        case _:
            return _text(value)


def _expression(value: Any, place: str) -> str:
    if isinstance(value, dict | list) or value is None:
        raise MappingError(f"{place}: expected a jq expression, got {value!r}; {WHERE}")
    return _text(value)


def _text(value: Any) -> str:
    # In YAML an unquoted `true` or 5 is no string; as jq text it stands for itself.
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _literal(expression: str) -> str | None:
    try:
        return msgspec.json.decode(expression, type=str)
    except msgspec.MsgspecError:
        return None
