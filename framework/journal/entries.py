"""What the journal keeps besides events and deliveries."""

from typing import Literal

from msgspec import Struct


class Claim(Struct, frozen=True):
    """One resource of a mapping produced entities of a blueprint.

    `mapping` is the hash of that resource's mapping, `attempt` is `<delivery id>#<attempt>`.
    """

    identifier: str
    blueprint: str
    kind: str
    index: int
    mapping: str
    attempt: str


class KindReport(Struct, frozen=True, rename="camel"):
    """What became of one kind in a resync."""

    kind: str
    index: int
    items: int = 0
    entities: int = 0
    failed: int = 0
    deleted: int = 0
    error: str | None = None


class ResyncReport(Struct, frozen=True, rename="camel"):
    """An integration's resync as operators see it; times are ISO 8601 in UTC."""

    identifier: str
    status: Literal["running", "completed", "failed", "aborted"]
    started_at: str
    ended_at: str | None = None
    error: str | None = None
    kinds: list[KindReport] = []
