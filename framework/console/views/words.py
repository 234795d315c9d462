"""How states look to operators: their order, their colours, what is wanted beside what is so."""

from rich.text import Text

from framework.journal import Desired
from framework.workers.states import State

ORDER = (  # failed first, then what is on its way
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
    """Return where a state stands in a list that shows trouble first."""
    found = State(state)
    return ORDER.index(State.PENDING if found in ON_THE_WAY else found)


def said(state: str, desired: str) -> str:
    """Return a state, and what is wanted where that is something else: `READY (paused)`."""
    match Desired(desired):
        case Desired.RUN:
            return state
        case Desired.PAUSE:
            return f"{state} (paused)"
        case Desired.STOP:
            return state if state in DOWN else f"{state} (to be stopped)"


def coloured(word: str) -> Text:
    """Return a state, or a state with a remark, in its colour."""
    return Text(word, style=COLOURS.get(word.partition(" ")[0], ""))
