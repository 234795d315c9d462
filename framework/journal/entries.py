"""What the journal stores besides events and deliveries."""

import enum
from typing import Literal

from msgspec import Struct, field


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
    """The figures of one kind in a resync."""

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


class Desired(enum.StrEnum):
    """The state an operator wants an integration in; survives a restart of the supervisor."""

    RUN = "run"
    PAUSE = "pause"  # the process stays up, deliveries wait
    STOP = "stop"


class Transition(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A change of an integration's state and its reason; `at` is ISO 8601 in UTC.

    `exit_code` or `signal` ("SIGKILL") and the last lines of `stderr` belong to the process `pid`.
    """

    identifier: str
    at: str
    before: str = field(name="from")
    after: str = field(name="to")
    reason: str | None = None
    pid: int | None = None
    exit_code: int | None = None
    signal: str | None = None
    stderr: list[str] = []


class DeliveryEntry(Struct, frozen=True, rename="camel"):
    """One of an integration's deliveries as operators see it; `recorded_at` is ISO 8601 in UTC."""

    event: str
    sort: str
    reason: str
    attempt: int
    state: Literal["pending", "sent", "done"]
    recorded_at: str
