"""Run a process again each time it ends, after a pause that doubles."""

import time
from collections.abc import Callable
from threading import Event

from msgspec import Struct

from framework import backoff


class Pauses(Struct, frozen=True):
    """Seconds: `first` doubles up to `longest`, and starts over after a run of `steady` seconds."""

    first: float
    longest: float
    steady: float


def keep_running(
    live: Callable[[], str], report: Callable[[str, float], None], stop: Event, pauses: Pauses
) -> None:
    """Call `live` until the stop; `report` gets why it ended and the pause that follows.

    `live` returns the reason; an OSError means that the process could not be started.
    """
    failures = 0
    while not stop.is_set():
        began = time.monotonic()
        try:
            reason = live()
        except OSError as error:
            reason = f"could not be started: {error.strerror}"
        if stop.is_set():
            return
        steady = time.monotonic() - began > pauses.steady
        failures = 1 if steady else failures + 1
        pause = backoff.delay(failures, first=pauses.first, cap=pauses.longest)
        report(reason, pause)
        stop.wait(pause)
