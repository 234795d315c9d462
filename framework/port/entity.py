"""An entity as it is sent to Port; a module of its own, so that a mapper needs no HTTP client."""

from msgspec import Raw, Struct


class Entity(Struct, frozen=True):
    """An entity to be stored; `body` is the whole JSON object for Port, never parsed here."""

    identifier: str
    blueprint: str
    body: Raw


class Options(Struct, frozen=True):
    """What the mapping says about writing and deleting; the defaults are Port's."""

    merge: bool = True
    create_missing_related_entities: bool = True
    delete_dependents: bool = True
