"""One page's way to a mapper and back: what is asked for, and what the mapper makes of it."""

from msgspec import Raw, Struct

from framework.port.entity import Entity
from framework.protocol.messages import Message


class Translate(Struct, frozen=True):
    """Translate these raw items; the program stays encoded: a mapper knows it by its bytes."""

    program: Raw
    items: list[Raw]


class Started(Message, frozen=True, tag="started"):
    """The mapper is up; until then its work is starting, not a page's."""


class Translated(Message, frozen=True, tag="translated"):
    """What became of a page.

    `items` are raw items. An item parsed out of one by `itemsToParse` is counted for itself in
    `selected`, `skipped` (the selector said no) and `failed` (an error in selector, itemsToParse,
    identifier or blueprint). `without_identity` counts for each entity mapping the selected items
    that gave it no identifier or no blueprint. `misconfigured` says by field why it was null.
    `broken` names the first fault that can hide an entity: with one, nothing may be concluded from
    what is missing here.
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
