"""Ask each Python of this machine once which it is; remember the answers in a file."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgspec
from msgspec import Struct

from framework import files, process
from framework.environments import turns
from framework.environments.python.identity import Python
from framework.errors import BuildError, FrameworkError

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
LIMIT_SECONDS = 20.0  # for an answer on a loaded machine; 0.05 s is usual
LOCK_SECONDS = 5.0  # for another writer to finish
QUESTION = """
import json, sys, sysconfig
platform = "%s %s" % (sysconfig.get_platform(), sysconfig.get_config_var("SOABI"))
print(json.dumps([sys.implementation.name, sys.version, platform]))
"""


class NoAnswerError(FrameworkError):
    """A program did not say which Python it is; the message is why."""


class Answer(Struct, frozen=True, array_like=True):
    """`version` is sys.version, `platform` the machine and the ABI."""

    implementation: str
    version: str
    platform: str


class Known(Struct, frozen=True):
    """One program; `trouble` is why no integration can run on it."""

    python: Python
    trouble: str | None = None


Programs = dict[str, Known]  # by real path
decoder = msgspec.json.Decoder(Programs)


class Survey:
    """The file of answers; a program whose size or modification time changed is asked again."""

    def __init__(self, file: Path):
        self._file = file
        self._known = _read(file)

    def about(self, path: Path) -> Known:
        """Return what is known about the program at a real path; raise OSError if it is gone."""
        stat = path.stat()
        known = self._known.get(str(path))
        if known and (known.python.size, known.python.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return known
        try:
            answer = ask(path)
        except NoAnswerError as error:
            known = Known(_python(path, stat), str(error))
        except OSError as error:  # not the program's fault, so it is not remembered
            return Known(_python(path, stat), f"cannot be asked for its version: {error}")
        else:
            known = Known(_python(path, stat, answer.version, answer.platform), trouble(answer))
        self._change(lambda programs: programs | {str(path): known})
        return known

    def forget_troubled(self) -> None:
        """Have unusable programs asked again: what they lacked may have been installed."""
        if any(known.trouble for known in self._known.values()):
            self._change(
                lambda programs: {path: one for path, one in programs.items() if not one.trouble}
            )

    def _change(self, change: Callable[[Programs], Programs]) -> None:
        self._known = change(self._known)
        # If the file cannot be written, the next reader asks the programs again.
        with suppress(OSError, BuildError):
            files.make_private(self._file.parent)
            lock = self._file.with_suffix(".lock")
            # Nobody needs to hear of the wait: another writer takes milliseconds.
            with turns.held(lock, Event(), lambda: None, seconds=LOCK_SECONDS):
                self._known = change(self._known | _read(self._file))
                content = msgspec.json.format(msgspec.json.encode(self._known))
                files.replace(self._file, content)


def ask(path: Path) -> Answer:
    """Start a program and ask it; raise NoAnswerError, or OSError (TimeoutError is one)."""
    argv = [str(path), "-I", "-S", "-c", QUESTION]
    completed = process.run(argv, process.inherited(), Event(), seconds=LIMIT_SECONDS)
    try:
        return msgspec.json.decode(completed.stdout, type=Answer)
    except msgspec.MsgspecError as error:
        said = completed.stderr.strip().rpartition("\n")[2].rstrip(".") or "nothing"
        raise NoAnswerError(f"does not say its version, but: {said}") from error


def trouble(answer: Answer) -> str | None:
    """Return why no integration can run on it; None if one can."""
    release = answer.version.partition(" ")[0]
    if answer.implementation != "cpython":
        return f"is {answer.implementation} {release}"
    if release.rpartition(".")[0] not in SUPPORTED:
        return f"is Python {release}"
    return None


def _read(file: Path) -> Programs:
    try:
        return decoder.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _python(path: Path, stat: os.stat_result, version: str = "", platform: str = "") -> Python:
    return Python(str(path), stat.st_size, stat.st_mtime_ns, version, platform)
