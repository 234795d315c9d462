from datetime import UTC, datetime

import pytest

from framework.console.views import ages

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


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
    assert ages.said(seconds) == said


def test_an_age_counts_from_a_time_to_now():
    assert ages.since("2026-01-31T11:57:00.000Z", NOW) == "3 min"
    assert ages.since(None, NOW) == ""


def test_what_comes_is_said_to_be_now_once_it_is_due():
    assert ages.until("2026-01-31T12:00:12.500Z", NOW) == "in 12 s"
    assert ages.until("2026-01-31T11:59:59.000Z", NOW) == "now"
    assert ages.until(None, NOW) == ""


def test_a_time_is_shown_without_its_fractions():
    assert ages.clock("2026-01-31T12:00:00.123Z") == "2026-01-31 12:00:00"
