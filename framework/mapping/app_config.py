"""The shape of a mapping as Port keeps it (`port-app-config`), key by key.

Unknown keys are ignored: integrations add selector keys of their own, later versions add more.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from framework.errors import MappingError

WHERE = "edit the mapping on the integration's page in Port"
EMPTY = Raw(b"{}")


class Selector(Struct):
    """The one key of a selector that we read; the others are the integration's."""

    query: Any = None


class Rules(Struct):
    """How an item becomes an entity: jq expressions, and search queries where Port takes them."""

    identifier: Any
    blueprint: Any
    title: Any = None
    icon: Any = None
    team: Any = None
    properties: dict[str, Any] | None = None
    relations: dict[str, Any] | None = None


class Entities(Struct):
    """`port.entity`; an array makes several entities of each item."""

    mappings: Rules | Annotated[list[Rules], Meta(min_length=1)]

    def rules(self) -> list[Rules]:
        """Return a list in either case."""
        return self.mappings if isinstance(self.mappings, list) else [self.mappings]


class Port(Struct, rename="camel"):
    """`port`: how an item, or each item in an array within it, becomes entities."""

    entity: Entities
    items_to_parse: str | None = None
    items_to_parse_name: str = "item"
    items_to_parse_top_level_transform: bool = True


class ResourceConfig(Struct):
    """One item under `resources`."""

    kind: str
    port: Port
    selector: Raw = EMPTY


class AppConfig(Struct, rename="camel"):
    """The top level; an absent key has the default that Port documents."""

    resources: list[Raw] | None = None
    delete_dependent_entities: bool = True
    create_missing_related_entities: bool = True
    enable_merge_entity: bool = True
    entity_deletion_threshold: Annotated[float, Meta(ge=0, le=1)] = 0.9


def decode(raw: Raw, wanted: Any, place: str) -> Any:
    """Decode a part of the mapping; raise MappingError naming the place and the expected type."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        reason = str(error).replace("`$", f"`{place}")
        raise MappingError(f"the mapping cannot be read: {place}: {reason}; {WHERE}") from error
