"""What an attempt knows of one kind: how many, and whether anything is missing."""

from msgspec import Struct

from framework.journal import KindReport
from framework.mapping.contract import Translated


class KindTally(Struct):
    """One (kind, index) of an attempt, counted page by page.

    It is complete once it was read to its end, translated without an error that could hide an
    entity, and all its entities are stored.
    """

    kind: str
    index: int
    items: int = 0
    selected: int = 0
    entities: int = 0
    failed: int = 0
    deleted: int = 0
    error: str | None = None  # the first reason why something is missing
    read: bool = False
    spoiled: bool = False
    nameless: list[int] = []  # for each entity mapping: selected items without an identity

    def add(self, translated: Translated) -> None:
        """Count a translated page."""
        self.selected += translated.selected
        self.entities += len(translated.entities)
        before = self.nameless or [0] * len(translated.without_identity)
        self.nameless = [sum(two) for two in zip(before, translated.without_identity, strict=True)]
        if translated.broken:
            self.spoil(translated.broken)

    def spoil(self, reason: str) -> None:
        """Record that something is missing; the first reason is kept."""
        self.spoiled = True
        self.error = self.error or reason

    def fail(self, count: int, reason: str) -> None:
        """Count entities that could not be stored."""
        self.failed += count
        self.spoil(reason)

    def end(self, error: str | None) -> None:
        """Record that the source was read to its end, or why it was not."""
        if error is not None:
            self.spoil(error)
            return
        self.read = True
        if self.selected and max(self.nameless, default=0) >= self.selected:
            self.spoil(f"none of {self.selected} selected items got an identifier and a blueprint")

    @property
    def complete(self) -> bool:
        """Whether an entity that this kind did not produce is gone from the source."""
        return self.read and not self.spoiled

    def report(self) -> KindReport:
        """Return what operators see."""
        return KindReport(
            kind=self.kind,
            index=self.index,
            items=self.items,
            entities=self.entities,
            failed=self.failed,
            deleted=self.deleted,
            error=self.error,
        )
