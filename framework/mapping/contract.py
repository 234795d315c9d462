"""What the pool sends to a mapper (a program and a page) and what it gets back."""

from typing import Any

from msgspec import Raw, Struct

from framework.port.entity import Entity
from framework.protocol.messages import Message

Tree = Any  # a jq expression (str), a list of trees, or an object of trees


class Program(Struct, frozen=True, omit_defaults=True):
    """The expressions of one resource; only a mapper compiles them, for even that may never end.

    Each of `bodies` is an entity as Port wants it with an expression at each leaf; `unsupported`
    says why no page can be translated with it.
    """

    selector: str
    bodies: list[dict[str, Tree]]
    items_to_parse: str | None = None
    item_name: str = "item"
    top_level_transform: bool = True
    unsupported: str | None = None

    def prefix(self, number: int) -> str:
        """Return the place of a body's expressions in the resource."""
        return "port.entity.mappings" + (f"[{number}]" if len(self.bodies) > 1 else "")


class Translate(Struct, frozen=True):
    """Translate these raw items; the program stays encoded: a mapper knows it by its bytes."""

    program: Raw
    items: list[Raw]


class Started(Message, frozen=True, tag="started"):
    """The mapper is up; the CPU time spent until now was not spent on a page."""


class Translated(Message, frozen=True, tag="translated"):
    """The entities made of a page, and what was counted on the way.

    `items` counts raw items. An item parsed out of one by `itemsToParse` is counted by itself in
    `selected`, `skipped` (the selector said no) and `failed` (an error in selector, itemsToParse,
    identifier or blueprint). `without_identity` counts for each entity mapping the selected items
    that gave it no identifier or no blueprint. `misconfigured` gives, by field, the reason why it
    was null. `broken` is the first error that can hide an entity: if there is one, an entity that
    is missing here may still exist.
    """

    entities: list[Entity]
    items: int
    selected: int
    skipped: int
    failed: int
    without_identity: list[int]
    misconfigured: dict[str, str]
    broken: str | None


class Failed(Message, frozen=True, tag="failed"):
    """The page could not be translated at all."""

    reason: str


Answer = Started | Translated | Failed
