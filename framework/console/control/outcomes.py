"""What became of requests to integrations, and the wait for it."""

import enum
import time
from collections.abc import Callable, Iterable, Mapping
from threading import Event

from msgspec import Struct

from framework.console.control.verbs import Integration, Verb
from framework.journal import Desired
from framework.workers.states import State

PATIENCE = 120.0  # seconds
LOOK_SECONDS = 0.25  # between two looks at the status
NAMED = 3  # integrations that a line has room for

Look = Callable[[], Mapping[str, Integration]]


class End(enum.StrEnum):
    """How a request ended."""

    DONE = "done"
    FAILED = "failed"
    OPEN = "open"  # not done yet; the request stands


class Outcome(Struct, frozen=True, rename="camel"):
    """What became of one request; `state` is None if the integration was removed meanwhile."""

    identifier: str
    end: End
    state: State | None
    desired: Desired | None
    reason: str | None
    pid: int | None


def settled(
    verb: Verb,
    asked: Iterable[Integration],
    look: Look,
    say: Callable[[str], None],
    patience: float = PATIENCE,
) -> list[Outcome]:
    """Wait until every request is DONE or FAILED; after `patience` seconds the rest is OPEN."""
    before = {one.identifier: one for one in asked}
    deadline = time.monotonic() + patience
    shown, idle = "", Event()
    while True:
        found = look()
        outcomes = [_judged(verb, one, found.get(name)) for name, one in before.items()]
        waiting = [outcome for outcome in outcomes if outcome.end is End.OPEN]
        if not waiting or time.monotonic() >= deadline:
            return outcomes
        names = [f"{one.identifier} ({one.state})" for one in waiting[:NAMED]]
        if len(waiting) > NAMED:
            names.append(f"{len(waiting) - NAMED} more")
        if (line := f"waiting for {', '.join(names)}") != shown:
            shown = line
            say(line)
        idle.wait(LOOK_SECONDS)


def noted(asked: Iterable[Integration], look: Look) -> list[Outcome]:
    """Return the outcomes without a wait: OPEN, unless the integration was removed."""
    found = look()
    return [_outcome(one, found.get(one.identifier), End.OPEN) for one in asked]


def complaint(verb: Verb, outcome: Outcome) -> str:
    """Return why a request is not DONE."""
    name, why = outcome.identifier, f": {outcome.reason}" if outcome.reason else ""
    if outcome.state is None:
        return f"{name} is no longer in the configuration"
    if outcome.end is End.FAILED:
        return f"{name} is {outcome.state}{why}; `supervisor.py describe {name}` shows more"
    return f"{name} is not {verb.goal} but {outcome.state}{why}; the request stands"


def _judged(verb: Verb, before: Integration, now: Integration | None) -> Outcome:
    if now is not None and verb.lost(before, now):
        return _outcome(before, now, End.FAILED)
    if now is not None and verb.reached(before, now):
        return _outcome(before, now, End.DONE)
    return _outcome(before, now, End.OPEN)


def _outcome(before: Integration, now: Integration | None, end: End) -> Outcome:
    if now is None:
        return Outcome(before.identifier, End.FAILED, None, None, None, None)
    return Outcome(now.identifier, end, now.state, now.desired, now.reason, now.pid)
