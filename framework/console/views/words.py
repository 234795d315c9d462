"""States, their colours and times, in the words that operators read."""

from datetime import datetime

from rich.text import Text

from framework.journal import Desired
from framework.workers.states import State

ORDER = (  # failed first, then those that are about to change
    State.BLOCKED,
    State.CRASH_LOOP,
    State.BACKOFF,
    State.DEGRADED,
    State.PENDING,
    State.BUILDING,
    State.STARTING,
    State.STOPPING,
    State.READY,
    State.STOPPED,
    State.DISABLED,
)
ON_THE_WAY = (State.PENDING, State.BUILDING, State.STARTING, State.STOPPING)
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DOWN = (State.STOPPING, State.STOPPED, State.DISABLED)
COLOURS = {
    "READY": "green",
    "listening": "green",
    "completed": "green",
    "ready": "green",
    "BACKOFF": "red",
    "CRASH_LOOP": "red",
    "BLOCKED": "red",
    "failed": "red",
    "down": "red",
    "degraded": "yellow",
    "DEGRADED": "yellow",
    "PENDING": "cyan",
    "BUILDING": "cyan",
    "STARTING": "cyan",
    "STOPPING": "cyan",
    "STOPPED": "dim",
    "DISABLED": "dim",
}


def rank(state: str) -> int:
    """Return a state's place in a list that shows trouble first."""
    found = State(state)
    return ORDER.index(State.PENDING if found in ON_THE_WAY else found)


def state(state: str, desired: str) -> str:
    """Return the state, with the desired one where that differs: `READY (paused)`."""
    match Desired(desired):
        case Desired.RUN:
            return state
        case Desired.PAUSE:
            return f"{state} (paused)"
        case Desired.STOP:
            return state if state in DOWN else f"{state} (to be stopped)"


def coloured(word: str) -> Text:
    """Return a word in the colour of the state that it begins with."""
    return Text(word, style=COLOURS.get(word.partition(" ")[0], ""))


def length(seconds: float) -> str:
    """Return a length of time in its largest whole unit: `3 min`; days from two on."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    return f"{whole // HOUR} h" if whole < 2 * DAY else f"{whole // DAY} d"


def since(stamp: str | None, now: datetime) -> str:
    """Return how long ago an ISO 8601 time was, or nothing if there is none."""
    return length((now - datetime.fromisoformat(stamp)).total_seconds()) if stamp else ""


def until(stamp: str | None, now: datetime) -> str:
    """Return how long it is until an ISO 8601 time, or nothing if there is none."""
    if not stamp:
        return ""
    ahead = (datetime.fromisoformat(stamp) - now).total_seconds()
    return f"in {length(ahead)}" if ahead > 0 else "now"


def clock(stamp: str) -> str:
    """Return an ISO 8601 time without its fractions: `2026-01-31 12:00:00`."""
    return stamp[: len("2026-01-31T12:00:00")].replace("T", " ")
