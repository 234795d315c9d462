import pytest

from framework.console.views import words
from framework.workers.states import State


def test_every_state_has_its_place_and_its_colour():
    assert set(words.ORDER) == set(State)
    assert set(State) <= set(words.COLOURS)


def test_failed_ones_come_first_and_what_is_on_its_way_stands_together():
    found = sorted(State, key=words.rank)

    assert found[:4] == ["BLOCKED", "CRASH_LOOP", "BACKOFF", "DEGRADED"]
    assert len({words.rank(state) for state in words.ON_THE_WAY}) == 1
    assert found[-3:] == ["READY", "STOPPED", "DISABLED"]


@pytest.mark.parametrize(
    ("state", "desired", "said"),
    [
        ("READY", "run", "READY"),
        ("READY", "pause", "READY (paused)"),
        ("READY", "stop", "READY (to be stopped)"),
        ("STOPPING", "stop", "STOPPING"),
        ("STOPPED", "stop", "STOPPED"),
    ],
)
def test_what_is_wanted_is_said_where_it_is_not_so(state, desired, said):
    assert words.said(state, desired) == said


def test_a_remark_takes_no_colour_away():
    assert words.coloured("READY (paused)").style == "green"
    assert words.coloured("pending").style == ""
