import pytest

from framework.console import states
from framework.workers.states import State


def test_every_state_has_its_place_and_its_colour():
    assert set(states.ORDER) == set(State)
    assert set(State) <= set(states.COLOURS)


def test_failed_ones_come_first_and_what_is_on_its_way_stands_together():
    found = sorted(State, key=states.rank)

    assert found[:4] == ["BLOCKED", "CRASH_LOOP", "BACKOFF", "DEGRADED"]
    assert len({states.rank(state) for state in states.ON_THE_WAY}) == 1
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
    assert states.said(state, desired) == said


def test_a_remark_takes_no_colour_away():
    assert states.coloured("READY (paused)").style == "green"
    assert states.coloured("pending").style == ""
