"""Verdicts of jq on a page's items, one by one, into entities and the figures beside them."""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from framework.mapping.contract import Translated
from framework.mapping.mapper import fuse
from framework.port.entity import Entity

IDENTITY = 2  # a body's first expressions: identifier and blueprint
LONGEST = 300  # characters of an error that are shown; it may hold half an item


class Made(Struct, array_like=True, frozen=True):
    """One entity as jq made it; `errors` are in the order of the body's expressions."""

    identifier: Any
    blueprint: Any
    entity: Raw
    errors: list[list[Any] | None] = []


class Fault(Struct, frozen=True):
    """An item of which nobody can tell the entities."""

    at: str
    error: Any


Verdict = bool | list[Made] | Fault | None


class Count:
    """What a page's verdicts add up to."""

    def __init__(self, fused: fuse.Fused):
        self._paths = fused.paths
        self._vital = {fuse.SELECTOR, fuse.ITEMS}.union(*(two[:IDENTITY] for two in fused.paths))
        self._misconfigured: dict[str, str] = {}
        self._broken: str | None = None
        self._entities: list[Entity] = []
        self._without_identity = [0] * len(fused.paths)
        self._selected = self._skipped = self._failed = 0
        for path, reason in fused.misconfigured.items():
            self._fault(path, reason)

    def add(self, verdict: Verdict) -> None:
        """Count one item's verdict."""
        match verdict:
            case bool():
                self._skipped += 1
            case None:  # nothing to parse items out of: if that is so for all, it is a mistake
                self._selected += 1
                self._without_identity = [number + 1 for number in self._without_identity]
            case Fault(at, error):
                self._failed += 1
                self._fault(at, error)
            case list():
                self._selected += 1
                failures = [self._made(number, made) for number, made in enumerate(verdict)]
                self._failed += any(failures)

    def translated(self, items: int) -> Translated:
        """Return the sum."""
        return Translated(
            entities=self._entities,
            items=items,
            selected=self._selected,
            skipped=self._skipped,
            failed=self._failed,
            without_identity=self._without_identity,
            misconfigured=self._misconfigured,
            broken=self._broken,
        )

    def _made(self, number: int, made: Made) -> bool:
        """Keep an entity that has an identity; tell whether an error took that away."""
        failed = [self._fault(path, error) for path, error in self._errors(number, made)]
        if _is_name(made.identifier) and _is_name(made.blueprint):
            self._entities.append(Entity(made.identifier, made.blueprint, made.entity))
        else:
            self._without_identity[number] += 1
            self._nameless(number, made)
        return any(failed)

    def _errors(self, number: int, made: Made) -> list[tuple[str, Any]]:
        pairs = zip(self._paths[number], made.errors, strict=False)  # no errors: an empty list
        return [(path, error[0]) for path, error in pairs if error is not None]

    def _nameless(self, number: int, made: Made) -> None:
        identity = zip(self._paths[number], (made.identifier, made.blueprint), strict=False)
        for path, value in identity:
            if value is not None and not _is_name(value):
                self._fault_of_field(path, f"it gave {_shown(value)}, not a name")

    def _fault(self, path: str, error: Any) -> bool:
        """Note an error; tell whether it can hide an entity."""
        reason = error[:LONGEST] if isinstance(error, str) else _shown(error)
        self._fault_of_field(path, reason)
        if path not in self._vital:
            return False
        self._broken = self._broken or f"{path}: {reason}"
        return True

    def _fault_of_field(self, path: str, reason: str) -> None:
        self._misconfigured.setdefault(path, reason)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:LONGEST]
