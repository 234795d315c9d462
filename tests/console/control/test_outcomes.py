from functools import partial
from itertools import chain, repeat

import msgspec
import pytest

from framework.console.control import outcomes
from framework.console.control.outcomes import End
from framework.console.control.verbs import VERBS, Integration
from tests.fakes.operations import row

START, STOP = VERBS[:2]
STOPPED = {"state": "STOPPED", "pid": None}


def integration(identifier, **changes):
    return msgspec.convert(row(identifier, **changes), Integration)


def seen(*rows):
    return {one.identifier: one for one in rows}


@pytest.fixture
def said():
    return []


@pytest.fixture
def settled(said):
    """Return what waits, and is shown these statuses one after the other, the last for ever."""

    def settled(verb, asked, *statuses, patience=60.0):
        coming = chain(statuses, repeat(statuses[-1]))
        return outcomes.settled(verb, asked, partial(next, coming), said.append, patience)

    return settled


def test_what_is_so_already_is_not_waited_for(settled, said):
    (done,) = settled(START, [integration("a")], seen(integration("a")))

    assert (done.end, done.state, done.pid) == (End.DONE, "READY", 77)
    assert said == []


def test_a_wait_lasts_until_it_is_so_and_says_for_whom(settled, said):
    stopped = integration("a", **STOPPED)
    starting = seen(integration("a", state="STARTING"))
    (done,) = settled(START, [stopped], seen(stopped), starting, starting, seen(integration("a")))

    assert done.end is End.DONE
    assert said == ["waiting for a (STOPPED)", "waiting for a (STARTING)"]


def test_each_has_its_own_outcome_and_the_others_are_waited_for(settled):
    asked = [integration("a", **STOPPED), integration("b", **STOPPED)]
    failed = integration("b", state="BACKOFF", reason="exit status 1", restarts=1)
    first = seen(integration("a", state="STARTING"), failed)
    ends = settled(START, asked, first, seen(integration("a"), failed))

    assert [(one.identifier, one.end, one.reason) for one in ends] == [
        ("a", End.DONE, None),
        ("b", End.FAILED, "exit status 1"),
    ]


def test_a_wait_has_an_end(settled):
    busy = integration("a", state="STOPPING", reason="it ends")
    (late,) = settled(STOP, [busy], seen(busy), patience=0)

    assert late.end is End.OPEN
    assert outcomes.complaint(STOP, late) == (
        "a is not STOPPED but STOPPING: it ends; the request stands"
    )


def test_a_line_names_a_few_of_many(settled, said):
    many = [integration(name, state="STOPPING") for name in "abcde"]
    settled(STOP, many, seen(*many), seen(*(integration(name, **STOPPED) for name in "abcde")))

    assert said == ["waiting for a (STOPPING), b (STOPPING), c (STOPPING), 2 more"]


def test_one_that_a_reload_removed_is_not_waited_for(settled):
    (gone,) = settled(START, [integration("a", **STOPPED)], {})

    assert (gone.end, gone.state) == (End.FAILED, None)
    assert outcomes.complaint(START, gone) == "a is no longer in the configuration"


def test_a_failure_says_where_to_read_more(settled):
    blocked = integration("a", state="BLOCKED", since="2026-01-31T13:00:00.000Z")
    (failed,) = settled(START, [integration("a", state="BLOCKED")], seen(blocked))

    assert outcomes.complaint(START, failed) == (
        "a is BLOCKED; `supervisor.py describe a` shows more"
    )


def test_without_a_wait_each_request_is_open():
    asked = [integration("a"), integration("gone")]
    ends = outcomes.noted(asked, lambda: seen(integration("a", state="STARTING")))

    assert [(one.identifier, one.end) for one in ends] == [("a", End.OPEN), ("gone", End.FAILED)]
