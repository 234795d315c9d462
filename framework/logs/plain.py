"""The log of a program that only has stderr: the sandbox, and the supervisor before it runs."""

import logging
import os
import sys
from typing import TextIO

from framework.logs import line
from framework.process import MARKER

INSIDE = "%(levelname)s %(name)s: %(message)s"  # in a child, whose parent adds time and name
QUIET = ("kafka", "urllib3", "asyncio")  # operators see their failures as reasons in `status`


class Plain(logging.StreamHandler[TextIO]):
    """The handler that `set_up` installs."""


class Text(logging.Formatter):
    """Formats a record as a line of text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with a traceback indented below it."""
        return line.as_text(line.entry(record))


def set_up() -> None:
    """Log to stderr from `info` up; of noisy libraries only errors."""
    plain = Plain(sys.stderr)
    plain.setFormatter(logging.Formatter(INSIDE) if MARKER in os.environ else Text())
    logging.basicConfig(handlers=[plain])
    set_levels()


def set_levels() -> None:
    """Set the levels: `info`, and `error` for noisy libraries."""
    logging.getLogger().setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
