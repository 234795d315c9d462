"""Rows that cannot be decoded: each is left out, counted, and logged once; the rest works."""

import logging
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

log = logging.getLogger("supervisor")


class Unreadable:
    """What a damaged disk, or another hand, has made of rows; used by the journal's thread."""

    def __init__(self) -> None:
        self._rows: set[tuple[str, str]] = set()  # table and key

    @property
    def count(self) -> int:
        """How many rows could not be read so far."""
        return len(self._rows)

    def read(self, table: str, key: str, body: Any, into: type[T]) -> T | None:
        """Return what a row holds as JSON; None if it cannot be read, which is logged once."""
        try:
            return msgspec.json.decode(body, type=into)
        except (TypeError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            if (table, key) not in self._rows:
                self._rows.add((table, key))
                log.error(
                    "the journal's row %r in `%s` cannot be read and is left out: %s; nothing "
                    "else is concerned. Look for a disk that is failing",
                    key,
                    table,
                    error,
                )
            return None
