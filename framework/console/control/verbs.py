"""What operators can have integrations do, and when it is done."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import Struct

from framework.console import client
from framework.journal import Desired
from framework.workers.states import FAILED, SERVING, State


class Integration(Struct, frozen=True, rename="camel"):
    """The part of an integration's status that these commands need."""

    identifier: str
    state: State
    desired: Desired
    reason: str | None
    pid: int | None
    since: str | None
    restarts: int


class Verb(Struct, frozen=True):
    """A request to an integration, and how to know from its status that it is done.

    `unfit` is why the request makes no sense for an integration; `skipped` is why one that was not
    named is left out. `reached` and `lost` compare the status before the request with the current
    one: it is done, or waiting will not help.
    """

    name: str
    help: str
    goal: str
    ask: Callable[[Path, str], None]
    unfit: Callable[[Integration], str | None]
    skipped: Callable[[Integration], str | None]
    reached: Callable[[Integration, Integration], bool]
    lost: Callable[[Integration, Integration], bool]


def _disabled(one: Integration) -> str | None:
    if one.state is State.DISABLED:
        return "it is disabled in config.yaml: set enabled: true, then reload"
    return None


def _down(one: Integration) -> str | None:
    if one.desired is Desired.STOP:
        return f"it is stopped; `supervisor.py start {one.identifier}` starts it"
    return _disabled(one)


def _runs(_: Integration, now: Integration) -> bool:
    return now.desired is Desired.RUN and now.state in SERVING


def _runs_anew(before: Integration, now: Integration) -> bool:
    return now.pid is not None and now.pid != before.pid and now.state in SERVING


def _is_down(_: Integration, now: Integration) -> bool:
    return now.state in {State.STOPPED, State.DISABLED}


def _is_paused(_: Integration, now: Integration) -> bool:
    return now.desired is Desired.PAUSE


def _failed_since(before: Integration, now: Integration) -> bool:
    """Ignore a failure that is older than the request."""
    return now.state in FAILED and (now.since, now.restarts) != (before.since, before.restarts)


def _never(*_: Integration) -> bool:
    return False


VERBS = (
    Verb(
        name="start",
        help="Start integrations at once; earlier failures are forgotten.",
        goal="READY",
        ask=partial(client.desire, verb="start"),
        unfit=_disabled,
        skipped=_disabled,
        reached=_runs,
        lost=_failed_since,
    ),
    Verb(
        name="stop",
        help="Stop integrations until `start`, across restarts of the supervisor too.",
        goal="STOPPED",
        ask=partial(client.desire, verb="stop"),
        unfit=_disabled,
        skipped=_disabled,
        reached=_is_down,
        lost=_never,
    ),
    Verb(
        name="restart",
        help="Replace processes; unfinished deliveries are begun again.",
        goal="READY with another process",
        ask=client.restart,
        unfit=_disabled,
        skipped=_down,
        reached=_runs_anew,
        lost=_failed_since,
    ),
    Verb(
        name="pause",
        help="Hold deliveries back until `resume`; processes stay up.",
        goal="paused",
        ask=partial(client.desire, verb="pause"),
        unfit=_down,
        skipped=_down,
        reached=_is_paused,
        lost=_never,
    ),
    Verb(
        name="resume",
        help="Hand deliveries over again after `pause`.",
        goal="READY",
        ask=partial(client.desire, verb="resume"),
        unfit=_disabled,
        skipped=_down,
        reached=_runs,
        lost=_failed_since,
    ),
)
