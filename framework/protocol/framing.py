"""Bytes to messages and back: one JSON object a line, and what to make of lines that are not.

Nothing that the other side sends can raise out of here: whatever arrives becomes a message, or one
of `Stray`, `Unknown`, `Broken` that says what it was.
"""

import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar, get_args

import msgspec
from msgspec import Struct

from framework.protocol.messages import Message

DELIVERY = re.compile(rb'\s*{\s*"type"\s*:\s*"(\w+)"\s*,\s*"delivery"\s*:\s*("(?:[^"\\]|\\.)*")')
PREFIX = 4096  # bytes of a broken line in which its type and delivery are looked for

encoder = msgspec.json.Encoder()
M = TypeVar("M", bound=Message)


class Stray(Struct, frozen=True):
    """A line that is no message at all: stray output."""

    text: str


class Unknown(Struct, frozen=True):
    """A message of a type this side does not know: a newer peer; ignored and counted."""

    type: str


class Broken(Struct, frozen=True):
    """A message of a known type with a wrong shape or size, and the delivery it names, if any."""

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
    """Cut a stream of bytes into lines, judging the limit while a line accumulates."""

    def __init__(self, limit: int):
        self._limit = limit
        self._line = bytearray()
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversized]:
        """Yield each line that `chunk` completes, without its newline."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._keep(end)
            yield self._take()
        self._keep(rest)

    @property
    def partial(self) -> int:
        """How many bytes of an unfinished line are waiting."""
        return self._size

    def _keep(self, part: bytes) -> None:
        room = max(0, max(self._limit, PREFIX) - self._size)
        self._size += len(part)
        self._line += part[:room]

    def _take(self) -> bytes | Oversized:
        line, size = bytes(self._line), self._size
        self._line, self._size = bytearray(), 0
        return Oversized(line[:PREFIX]) if size > self._limit else line


class Decoder(Generic[M]):
    """Decode lines into the members of one direction's union (`Up` or `Down`)."""

    def __init__(self, union: Any):
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
            return Stray(line.decode(errors="replace"))
        if tag not in self._members:
            return Unknown(tag)
        return self._member(tag, line)

    def _member(self, tag: str, line: bytes) -> M | Broken:
        try:
            if not line.isascii():
                line.decode()  # inside a Raw msgspec lets broken UTF-8 through
            return self._members[tag].decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            return Broken(f"{tag}: {error}", named_delivery(line))


def begins_like(line: bytes, members: dict[str, Any]) -> bool:
    """Tell whether a broken line begins like a known message that names its delivery."""
    match = DELIVERY.match(line[:PREFIX])
    return match is not None and match[1].decode(errors="replace") in members


def named_delivery(line: bytes) -> str | None:
    """Return the delivery that the beginning of a broken line names."""
    match = DELIVERY.match(line[:PREFIX])
    if match is None:
        return None
    try:
        return msgspec.json.decode(match[2], type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
