"""The line format, as text and as JSON: made from a log record, and read back from a file."""

import logging
import re
from collections.abc import Callable
from enum import StrEnum

import msgspec
from msgspec import Struct

from framework import masking, moments
from framework.masking import Hide, visible
from framework.texts import printable, printable_json

LONGEST = 256 * 1024  # characters of a message, or of a traceback; the rest is cut
INDENT = "    "  # of the second and later lines of an entry as text
PREFIX = "integration."  # of an integration's logger; its identifier follows

HEAD = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z) (?P<level>\S+) +(?P<logger>\S+?): (?P<message>.*)",
    re.DOTALL,
)

EXCEPTIONS = logging.Formatter()


class Format(StrEnum):
    """The format of an entry in a file and on stderr."""

    TEXT = "text"
    JSON = "json"


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the log; `time` is in UTC, ISO 8601 with milliseconds.

    A line of a file that is not an entry has only a message.
    """

    time: str = ""
    level: str = ""
    logger: str = ""
    integration: str | None = None
    message: str
    traceback: str | None = None


def entry(record: logging.LogRecord, hide: Hide = visible) -> Entry:
    """Return the entry of a record; never raise, whatever its arguments do."""
    try:
        message, traceback = record.getMessage(), _traceback(record)
        return _entry(record, _cut(message, hide), _cut(traceback, hide) or None)
    except Exception as error:  # noqa: BLE001 - arguments run their own code; logging must not fail
        where = f"{record.pathname}:{record.lineno}"
        return _entry(record, f"{where}: a line could not be made: {type(error).__name__}", None)


def made(logger: str, level: int, message: str) -> Entry:
    """Return an entry about logging itself, which cannot go through `logging`."""
    return entry(logging.LogRecord(logger, level, __file__, 0, message, None, None))


def as_text(entry: Entry) -> str:
    """Return the entry without the final newline; its second and later lines are indented."""
    text = f"{entry.message}\n{entry.traceback}" if entry.traceback else entry.message
    text = printable(text).replace("\n", f"\n{INDENT}")
    return f"{entry.time} {entry.level:<7} {entry.logger}: {text}" if entry.time else text


def as_json(entry: Entry) -> str:
    """Return one line without its newline."""
    try:
        return printable_json(msgspec.json.encode(entry).decode())
    except UnicodeEncodeError:  # names of files may hold bytes that are not text
        return printable_json(msgspec.json.encode(_encodable(entry)).decode())


RENDER: dict[Format, Callable[[Entry], str]] = {Format.TEXT: as_text, Format.JSON: as_json}


def parse(written: str) -> Entry:
    """Return the entry that was written in either format; `written` has all its lines."""
    if written.startswith("{"):
        try:
            return msgspec.json.decode(written, type=Entry)
        except msgspec.MsgspecError:
            return Entry(message=written)
    found = HEAD.fullmatch(written.replace(f"\n{INDENT}", "\n"))
    if found is None:
        return Entry(message=written)
    return Entry(**found.groupdict(), integration=owner(found["logger"]))


def _entry(record: logging.LogRecord, message: str, traceback: str | None) -> Entry:
    return Entry(
        time=moments.text(record.created),
        level=record.levelname,
        logger=record.name,
        integration=owner(record.name),
        message=message,
        traceback=traceback,
    )


def owner(logger: str) -> str | None:
    """Return the integration that a logger belongs to, if it is not our own."""
    return logger.removeprefix(PREFIX) if logger.startswith(PREFIX) else None


def _traceback(record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info and record.exc_info[0]:
        parts.append(EXCEPTIONS.formatException(record.exc_info))
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


def _cut(text: str, hide: Hide) -> str:
    if len(text) <= LONGEST:
        return hide(text)
    shown = hide(text[: LONGEST + masking.LONGEST])[:LONGEST]  # cut last: no part of a secret stays
    return f"{shown}... (and {len(text) - LONGEST} more characters)"


def _encodable(entry: Entry) -> dict[str, str]:
    return {
        name: text.encode("utf-8", "backslashreplace").decode()
        for name, text in msgspec.structs.asdict(entry).items()
        if text is not None
    }
