"""The log: one line format on stderr, and of libraries only what is an operator's business."""

import logging
import os
import sys

from framework.process import MARKER

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
INSIDE = "%(levelname)s %(name)s: %(message)s"  # of a child: its parent adds time and name
QUIET = ("kafka", "urllib3", "asyncio")  # their news reach operators as states with a reason


def set_up() -> None:
    """Log facts to stderr, from `info` up; libraries only when someone must act."""
    line = INSIDE if MARKER in os.environ else FORMAT
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=line)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
