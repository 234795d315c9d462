"""Ask a Python who it is: the only time that one is started before an environment has it."""

from pathlib import Path
from threading import Event

import msgspec
from msgspec import Struct

from framework import process
from framework.errors import FrameworkError

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
LIMIT_SECONDS = 20.0  # on a loaded machine; 0.05 s is usual
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


def ask(path: Path) -> Answer:
    """Start the program and ask; raise NoAnswerError, or OSError (TimeoutError is one)."""
    argv = [str(path), "-I", "-S", "-c", QUESTION]
    asked = process.run(argv, process.inherited(), Event(), seconds=LIMIT_SECONDS)
    try:
        return msgspec.json.decode(asked.stdout, type=Answer)
    except msgspec.MsgspecError as error:
        said = asked.stderr.strip().rpartition("\n")[2].rstrip(".") or "nothing"
        raise NoAnswerError(f"does not say its version, but: {said}") from error


def trouble(answer: Answer) -> str | None:
    """Say why no integration can run on it; None if one can."""
    release = answer.version.partition(" ")[0]
    if answer.implementation != "cpython":
        return f"is {answer.implementation} {release}"
    if release.rpartition(".")[0] not in SUPPORTED:
        return f"is Python {release}"
    return None
