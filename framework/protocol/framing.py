"""Bytes to messages and back: one JSON object on each line, and a value for lines that are none.

Nothing that the other side sends raises an error here. A line becomes a message, or one of `Stray`,
`Unknown` and `Broken` that says what it was.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, get_args

import msgspec
from msgspec import Struct

from framework.protocol.messages import Message

DELIVERY = re.compile(rb'\s*{\s*"type"\s*:\s*"(\w+)"\s*,\s*"delivery"\s*:\s*("(?:[^"\\]|\\.)*")')
PREFIX = 4096  # bytes of a broken line in which its type and delivery are looked for

encoder = msgspec.json.Encoder()
M = TypeVar("M", bound=Message)


class Stray(Struct, frozen=True):
    """A line that is not a message: stray output; `text` is how it began."""

    text: str


class Unknown(Struct, frozen=True):
    """A message of a type that this side does not know, from a newer peer; ignored and counted."""

    type: str


class Broken(Struct, frozen=True):
    """A message of a known type with a wrong shape or size, and the delivery that it names."""

    reason: str
    delivery: str | None


class Oversized(Struct, frozen=True):
    """A line over the limit; `prefix` is how it began."""

    prefix: bytes


class Envelope(Struct, frozen=True):
    """The tag alone: msgspec raises one error for an unknown tag and for a wrong shape."""

    type: str


def encode(message: Message) -> bytes:
    """Return the line that carries `message`, its newline included."""
    return encoder.encode(message) + b"\n"


class Lines:
    """Cuts a stream of bytes into lines and checks the size limit as a line grows.

    Of a line over the limit `prefix` bytes are kept.
    """

    def __init__(self, limit: int, prefix: int = PREFIX):
        self._limit = limit
        self._prefix = prefix
        self._line = bytearray()
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversized]:
        """Yield each line that `chunk` completes, without its newline."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._keep(end)
            line, size = bytes(self._line), self._size
            self._line, self._size = bytearray(), 0
            yield Oversized(line[: self._prefix]) if size > self._limit else line
        self._keep(rest)

    @property
    def partial(self) -> int:
        """How many bytes of an unfinished line have arrived."""
        return self._size

    def _keep(self, part: bytes) -> None:
        room = max(0, max(self._limit, self._prefix) - self._size)
        self._size += len(part)
        self._line += part[:room]


class Decoder(Generic[M]):
    """Decodes lines into the members of one direction's union (`Up` or `Down`).

    `check` gets the tag and the line before a message is decoded; it raises ValidationError for
    one that must not be.
    """

    def __init__(self, union: Any, check: Callable[[str, bytes], None] = lambda _tag, _line: None):
        self._check = check
        self._tag = msgspec.json.Decoder(Envelope)
        self._members: dict[str, msgspec.json.Decoder[M]] = {
            str(member.__struct_config__.tag): msgspec.json.Decoder(member)
            for member in get_args(union)
        }

    def decode(self, line: bytes | Oversized) -> M | Stray | Unknown | Broken:
        """Return the message, or what the line is instead; never raise."""
        if isinstance(line, Oversized):
            return Broken("the line is over the size limit", named_delivery(line.prefix))
        try:
            tag = self._tag.decode(line).type
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            if begins_like(line, self._members):
                return Broken(str(error), named_delivery(line))
            return Stray(line[:PREFIX].decode(errors="replace"))
        if tag not in self._members:
            return Unknown(tag[:PREFIX])
        try:
            self._check(tag, line)
            if not line.isascii():
                line.decode()  # msgspec does not check the UTF-8 inside a Raw
            return self._members[tag].decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            return Broken(f"{tag}: {error}", named_delivery(line))


def begins_like(line: bytes, members: dict[str, Any]) -> bool:
    """Tell whether a broken line begins like a known message that names its delivery."""
    match = DELIVERY.match(line[:PREFIX])
    return match is not None and match[1].decode(errors="replace") in members


def named_delivery(line: bytes) -> str | None:
    """Return the delivery named at the beginning of a broken line."""
    match = DELIVERY.match(line[:PREFIX])
    if match is None:
        return None
    try:
        return msgspec.json.decode(match[2], type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
