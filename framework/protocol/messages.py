"""Every message an integration and the supervisor exchange, protocol version 1.

A message is one JSON object with the tag `type` first. A message about a delivery has `delivery`
second, so that an unreadable frame still identifies the delivery it affects.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct, field

VERSION = 1
WINDOW = 8  # pages that may be sent without an `ack`
MAX_FRAME_UP = 8 * 1024 * 1024  # bytes in one line from an integration
WINDOW_BYTES = MAX_FRAME_UP  # of the lines of the pages that may be sent without an `ack`
MAX_MESSAGE_UP = 1024 * 1024  # bytes in a line from an integration that is not a page
MAX_ITEMS = 1000  # in one page
MAX_FRAME_DOWN = 2 * 1024 * 1024  # bytes in one line to an integration
HEARTBEAT_SECONDS = 10


def nothing() -> Raw:
    """Return an empty object: a default factory, since a schema cannot hold a Raw."""
    return Raw(b"{}")


class Message(Struct, frozen=True, omit_defaults=True, rename="camel", tag_field="type"):
    """One line on the wire."""


# --- supervisor -> integration ---------------------------------------------------------------


class SupervisorHello(Message, frozen=True, tag="hello"):
    """The first line; answered by `IntegrationHello` within 30 s. Sizes are in bytes."""

    protocol: list[int]
    framework: str
    session: str
    window: int = WINDOW
    window_bytes: int = WINDOW_BYTES
    max_frame_up: int = MAX_FRAME_UP
    max_frame_down: int = MAX_FRAME_DOWN
    heartbeat_seconds: int = HEARTBEAT_SECONDS


class Configure(Message, frozen=True, tag="configure"):
    """The integration's own configuration, secrets included; answered by `ready` within 60 s."""

    identifier: str
    integration_type: str
    config: Raw = field(default_factory=nothing)


class KindRequest(Struct, frozen=True):
    """One resource of the mapping: its kind, its position, and its selector as Port holds it."""

    kind: str
    index: int
    selector: Raw = field(default_factory=nothing)


class Resync(Message, frozen=True, tag="resync"):
    """Read these kinds and send them as pages; one at a time."""

    delivery: str
    attempt: int
    kinds: list[KindRequest]
    mode: Literal["full", "incremental"] = "full"


class Cancel(Message, frozen=True, tag="cancel"):
    """Give this delivery up; answered by `done` within 30 s."""

    delivery: str
    reason: str


class Ack(Message, frozen=True, tag="ack"):
    """The supervisor is finished with every page up to `seq`; flow control, it proves nothing."""

    delivery: str
    seq: int


class Ping(Message, frozen=True, tag="ping"):
    """Are you there? Answered by `pong` from the integration's reader thread."""

    n: int


class Stacks(Message, frozen=True, tag="stacks"):
    """Where is each thread? Only for a peer whose hello has the capability `stacks`."""

    n: int


class Shutdown(Message, frozen=True, tag="shutdown"):
    """Finish or give back what is in flight, say `bye`, exit 0."""

    grace_seconds: float


Down = SupervisorHello | Configure | Resync | Cancel | Ack | Ping | Stacks | Shutdown


# --- integration -> supervisor ---------------------------------------------------------------


class IntegrationHello(Message, frozen=True, tag="hello"):
    """Who answers: the protocol chosen, the sdk's version, and the kinds with a handler."""

    protocol: int
    sdk: str = ""
    name: str = ""
    version: str = ""
    kinds: list[str] = []
    capabilities: list[str] = []


class Ready(Message, frozen=True, tag="ready"):
    """From here on deliveries may come."""


class Page(Message, frozen=True, tag="page"):
    """Raw items of one kind; `seq` counts from 1 without gaps within a delivery's attempt."""

    delivery: str
    seq: int
    kind: str
    index: int | None = None
    items: Annotated[list[Raw], Meta(max_length=MAX_ITEMS)] = []


class KindDone(Message, frozen=True, tag="kindDone"):
    """The kind was read to the end, or `error` says why not; once for each kind and index."""

    delivery: str
    kind: str
    index: int
    error: str | None = None


class Progress(Message, frozen=True, tag="progress"):
    """Alive and working, in the integration's own units."""

    delivery: str
    done: float
    total: float | None = None


class Log(Message, frozen=True, tag="log"):
    """One line for the integration's log; `dropped` lines were not sent before it."""

    level: Literal["debug", "info", "warning", "error"]
    message: str
    fields: dict[str, Any] = {}
    dropped: int = 0


class Failure(Struct, frozen=True, omit_defaults=True, rename={"kind": "class"}):
    """Why a delivery failed; `kind` (`class` on the wire) says whether trying again can help."""

    kind: Literal["config", "auth", "transient", "bug"]
    message: str
    traceback: str = ""


class Done(Message, frozen=True, tag="done"):
    """Ends a delivery; `pages` were sent for it, so that a lost one cannot go unnoticed."""

    delivery: str
    outcome: Literal["ok", "failed", "cancelled"]
    error: Failure | None = None
    pages: int | None = None


class Pong(Message, frozen=True, tag="pong"):
    """Answers `ping`; says how many deliveries are in work and for how long the oldest has been."""

    n: int
    in_flight: int = 0
    oldest_seconds: float = 0


class StacksAnswer(Message, frozen=True, tag="stacks"):
    """Answers `stacks` from the integration's reader thread: each thread's name and stack."""

    n: int
    text: str


class Bye(Message, frozen=True, tag="bye"):
    """The last line: the process ends with this exit code."""

    reason: str
    code: int = 0


Up = IntegrationHello | Ready | Page | KindDone | Progress | Log | Done | Pong | StacksAnswer | Bye
