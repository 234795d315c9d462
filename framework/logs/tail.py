"""Read a log from its end and follow it, across rotations."""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from io import FileIO
from itertools import islice
from pathlib import Path
from threading import Event

from framework.logs.line import INDENT
from framework.logs.settings import MOST_KEPT

CHUNK = 64 * 1024  # bytes read at once
POLL_SECONDS = 0.2  # how long a new line may go unnoticed
LATER = INDENT.encode()  # a line that begins so belongs to the one before it


class Tail:
    """The entries of one log; an entry as text has all its lines."""

    def __init__(self, path: Path):
        self._path = path
        self._file: FileIO | None = None  # the one being read, at its end
        self._next: deque[FileIO] = deque()  # newer ones
        self._begun = b""  # a line whose end is not written yet

    def last(self, count: int) -> list[str]:
        """Return so many of the newest entries, oldest first; `follow` continues after them."""
        found: list[str] = []
        for file in _versions(self._path):
            end = os.fstat(file.fileno()).st_size
            lines = _backwards(file, end)
            begun = next(lines)
            found += islice(_entries_backwards(lines), count - len(found))
            if self._file is None:
                file.seek(end - len(begun))
                self._file = file
            else:
                file.close()
            if len(found) >= count:
                break
        return found[::-1]

    def follow(self, stop: Event) -> Iterator[str]:
        """Yield new entries until the stop."""
        while not stop.is_set():
            chunk = self._file.read(CHUNK) if self._file else b""
            if chunk:
                *lines, self._begun = (self._begun + chunk).split(b"\n")
                yield from _entries(lines)
            elif not self._advance():
                stop.wait(POLL_SECONDS)

    def close(self) -> None:
        """Close the files."""
        for file in (self._file, *self._next):
            if file:
                file.close()

    def _advance(self) -> bool:
        """Move on to a newer file if there is one; it is opened before the rest of ours is read."""
        if self._next:
            if self._file:
                self._file.close()
            self._file = self._next.popleft()
            self._begun = b""
            return True
        self._next.extend(self._newer())
        return bool(self._next) or self._cut()

    def _newer(self) -> list[FileIO]:
        ours = os.fstat(self._file.fileno()) if self._file else None
        found: list[FileIO] = []
        for file in _versions(self._path):
            if ours and os.path.samestat(ours, os.fstat(file.fileno())):
                file.close()
                return found[::-1]
            found.append(file)
        if ours is None:
            return found[::-1]
        # Ours was deleted: files that were not written to since are older.
        for file in found:
            if os.fstat(file.fileno()).st_mtime_ns <= ours.st_mtime_ns:
                file.close()
        return [file for file in reversed(found) if not file.closed]

    def _cut(self) -> bool:
        """Start over with a file that someone truncated."""
        if self._file is None or os.fstat(self._file.fileno()).st_size >= self._file.tell():
            return False
        self._file.seek(0)
        self._begun = b""
        return True


def _versions(path: Path) -> Iterator[FileIO]:
    """Open the log and its rotated files, newest first.

    A rotation only moves a file to a higher number. So one that happens meanwhile hides no file,
    and a file that comes up twice is recognised by its inode.
    """
    seen = set()
    for number in range(MOST_KEPT + 2):
        try:
            file = FileIO(f"{path}.{number}" if number else str(path), opener=_open)
        except FileNotFoundError:
            continue
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) in seen or not stat.S_ISREG(status.st_mode):
            file.close()
            continue
        seen.add((status.st_dev, status.st_ino))
        yield file


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # it may be a pipe by mistake


def _backwards(file: FileIO, end: int) -> Iterator[bytes]:
    """Yield what follows the last newline, then the lines, the last one first."""
    first = b""
    while end:
        start = max(0, end - CHUNK)
        first, *lines = (os.pread(file.fileno(), end - start, start) + first).split(b"\n")
        yield from reversed(lines)
        end = start
    yield first


def _entries_backwards(lines: Iterable[bytes]) -> Iterator[str]:
    later: list[bytes] = []
    for line in lines:
        later.append(line)
        if not line.startswith(LATER):
            yield _text(reversed(later))
            later = []
    if later:
        yield _text(reversed(later))


def _entries(lines: Iterable[bytes]) -> Iterator[str]:
    one: list[bytes] = []
    for line in lines:
        if one and not line.startswith(LATER):
            yield _text(one)
            one = []
        one.append(line)
    if one:
        yield _text(one)


def _text(lines: Iterable[bytes]) -> str:
    return b"\n".join(lines).decode(errors="replace")
