"""The log: one line format on stderr, and of libraries only what is an operator's business."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
QUIET = ("kafka", "urllib3", "asyncio")  # their news reach operators as states with a reason


def set_up() -> None:
    """Log facts to stderr, from `info` up; libraries only when someone must act."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORMAT)
    for name in QUIET:
        logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.ERROR)
