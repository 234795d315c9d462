"""The log of a program that only has stderr: the sandbox, and the supervisor before it runs."""

import logging
import os
import sys
from typing import TextIO

from framework.logs import line
from framework.process import MARKER

INSIDE = "%(levelname)s %(name)s: %(message)s"  # of a child: its parent adds time and name
QUIET = ("kafka", "urllib3", "asyncio")  # their news reach operators as states with a reason


class Plain(logging.StreamHandler[TextIO]):
    """What `set_up` has put in place."""


class Text(logging.Formatter):
    """Formats a record as a line of text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and indented below it what else there is to say."""
        return line.as_text(line.entry(record))


def set_up() -> None:
    """Log facts to stderr, from `info` up; libraries only when someone must act."""
    plain = Plain(sys.stderr)
    plain.setFormatter(logging.Formatter(INSIDE) if MARKER in os.environ else Text())
    logging.basicConfig(handlers=[plain])
    set_levels()


def set_levels() -> None:
    """Let through what is an operator's business."""
    logging.getLogger().setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
