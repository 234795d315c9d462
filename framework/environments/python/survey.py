"""What each Python of this machine said when it was asked, so that it is asked only once."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgspec
from msgspec import Struct

from framework import files
from framework.environments import turns
from framework.environments.python import interview
from framework.environments.python.identity import Python
from framework.environments.python.interview import NoAnswerError
from framework.errors import BuildError

LOCK_SECONDS = 5.0  # for another writer to be done


class Known(Struct, frozen=True):
    """One program; `trouble` is why no integration can run on it."""

    python: Python
    trouble: str | None = None


Answers = dict[str, Known]
decoder = msgspec.json.Decoder(Answers)


class Memory:
    """A file of answers by real path; a program whose size or time changed is asked again."""

    def __init__(self, file: Path):
        self._file = file
        self._known = _read(file)

    def about(self, path: Path) -> Known:
        """Return what is known about the program at a real path; raise OSError if it is gone."""
        found = path.stat()
        known = self._known.get(str(path))
        if known and (known.python.size, known.python.mtime_ns) == _state(found):
            return known
        try:
            known = _asked(path, found)
        except OSError as error:  # not its fault: nothing to remember
            return _silent(path, found, f"cannot be asked for its version: {error}")
        self._change({str(path): known}, _everything)
        return known

    def forget_troubled(self) -> None:
        """Let programs that are of no use be asked again: what they lacked may come."""
        if any(known.trouble for known in self._known.values()):
            self._change({}, _useful)

    def _change(self, new: Answers, kept: Callable[[Answers], Answers]) -> None:
        self._known = kept(self._known | new)
        # Without the file all answers hold, and are asked for again by the next who needs them.
        with suppress(OSError, BuildError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            lock = self._file.with_suffix(".lock")
            with turns.held(lock, Event(), _patiently, seconds=LOCK_SECONDS):
                self._known = kept(self._known | _read(self._file) | new)
                content = msgspec.json.format(msgspec.json.encode(self._known))
                files.replace(self._file, content)


def _patiently() -> None:
    """Say nothing: another writer takes milliseconds."""


def _everything(known: Answers) -> Answers:
    return known


def _useful(known: Answers) -> Answers:
    return {path: one for path, one in known.items() if not one.trouble}


def _read(file: Path) -> Answers:
    try:
        return decoder.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _state(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _asked(path: Path, found: os.stat_result) -> Known:
    try:
        answer = interview.ask(path)
    except NoAnswerError as error:
        return _silent(path, found, str(error))
    python = Python(str(path), *_state(found), answer.version, answer.platform)
    return Known(python, interview.trouble(answer))


def _silent(path: Path, found: os.stat_result, trouble: str) -> Known:
    return Known(Python(str(path), *_state(found), version="", platform=""), trouble)
