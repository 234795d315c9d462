from datetime import UTC, datetime

import pytest

from framework.console.views import words
from framework.workers.states import State

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


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
    assert words.state(state, desired) == said


def test_a_remark_takes_no_colour_away():
    assert words.coloured("READY (paused)").style == "green"
    assert words.coloured("pending").style == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 d"),
    ],
)
def test_a_length_of_time_is_said_in_its_largest_unit(seconds, said):
    assert words.length(seconds) == said


def test_an_age_counts_from_a_time_to_now():
    assert words.since("2026-01-31T11:57:00.000Z", NOW) == "3 min"
    assert words.since(None, NOW) == ""


def test_what_comes_is_said_to_be_now_once_it_is_due():
    assert words.until("2026-01-31T12:00:12.500Z", NOW) == "in 12 s"
    assert words.until("2026-01-31T11:59:59.000Z", NOW) == "now"
    assert words.until(None, NOW) == ""


def test_a_time_is_shown_without_its_fractions():
    assert words.clock("2026-01-31T12:00:00.123Z") == "2026-01-31 12:00:00"
