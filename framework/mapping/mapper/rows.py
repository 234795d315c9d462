"""Apply a fused program to a page; make entities, and the figures beside them, of its rows."""

from typing import Any

import jq
import msgspec
from msgspec import Raw, Struct

from framework.errors import MappingError
from framework.mapping.contract import Program, Translated
from framework.mapping.mapper import fuse
from framework.port.entity import Entity

HINT = "look in the mapping for `halt` and the like"
IDENTITY = 2  # a body's first expressions: identifier and blueprint
LONGEST = 300  # characters of an error that are shown; it may hold half an item


class Made(Struct, array_like=True, frozen=True):
    """One entity as jq made it; `errors` are in the order of the body's expressions."""

    identifier: Any
    blueprint: Any
    entity: Raw
    errors: list[list[Any] | None] = []


class Fault(Struct, frozen=True):
    """An item whose entities are unknown, because of an error at this path."""

    at: str
    error: Any


Verdict = bool | list[Made] | Fault | None
"""jq's verdict on one item; `fuse` says what each member means."""

decoder = msgspec.json.Decoder(list[list[Verdict]])


class Translator:
    """A compiled program; making one can take as long as user-written jq likes."""

    def __init__(self, program: Program):
        self._fused = fuse.fuse(program)
        try:
            self._compiled = jq.compile(self._fused.text)
        except ValueError as error:
            raise MappingError(
                f"each expression compiles, but not all of them together: {error}"
            ) from error

    def translate(self, items: list[Raw]) -> Translated:
        """Return the page's entities; raise MappingError unless each item has its row."""
        page = b"[" + b",".join(items) + b"]"
        try:
            texts = self._compiled.input_text(page.decode()).all()
        except ValueError as error:
            raise MappingError(f"jq gave up on a page: {error}") from error
        if len(texts) != 1:
            raise MappingError(f"a page gave {len(texts)} results instead of one; {HINT}")
        try:
            rows = decoder.decode(texts[0])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise MappingError(f"jq's result for a page cannot be read: {error}") from error
        if len(rows) != len(items):
            raise MappingError(f"a page of {len(items)} items gave {len(rows)} rows; {HINT}")
        tally = PageTally(self._fused)
        for row in rows:
            for verdict in row:
                tally.add(verdict)
        return tally.translated(len(items))


class PageTally:
    """What a page's verdicts add up to."""

    def __init__(self, fused: fuse.Fused):
        self._paths = fused.paths
        self._vital = {fuse.SELECTOR, fuse.ITEMS}.union(*(two[:IDENTITY] for two in fused.paths))
        self._entities: list[Entity] = []
        self._without_identity = [0] * len(fused.paths)
        self._selected = self._skipped = self._failed = 0
        self._misconfigured: dict[str, str] = {}
        self._broken: str | None = None
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
                failures = [self._add_entity(number, made) for number, made in enumerate(verdict)]
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

    def _add_entity(self, number: int, made: Made) -> bool:
        """Keep an entity that has an identity; return whether an error can have hidden one."""
        paths = self._paths[number]
        errors = zip(paths, made.errors, strict=False)  # without errors the list is empty
        hidden = [self._fault(path, error[0]) for path, error in errors if error is not None]
        if _is_name(made.identifier) and _is_name(made.blueprint):
            self._entities.append(Entity(made.identifier, made.blueprint, made.entity))
            return any(hidden)
        self._without_identity[number] += 1
        for path, value in zip(paths, (made.identifier, made.blueprint), strict=False):
            if value is not None and not _is_name(value):
                self._misconfigured.setdefault(path, f"it gave {_shown(value)}, not a name")
        return any(hidden)

    def _fault(self, path: str, error: Any) -> bool:
        """Record an error; return whether it can hide an entity."""
        reason = error[:LONGEST] if isinstance(error, str) else _shown(error)
        self._misconfigured.setdefault(path, reason)
        if path not in self._vital:
            return False
        self._broken = self._broken or f"{path}: {reason}"
        return True


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:LONGEST]
