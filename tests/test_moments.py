import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from framework import moments

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_text_is_utc_with_milliseconds() -> None:
    assert moments.text(NOON.timestamp()) == "2026-11-24T12:00:00.000Z"
    assert moments.text(NOON.timestamp() + 0.0625) == "2026-11-24T12:00:00.062Z"


@pytest.mark.parametrize(
    "moment", [NOON, NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=5)))]
)
def test_a_datetime_of_any_zone_or_none_becomes_utc(moment: datetime) -> None:
    assert moments.of(moment) == "2026-11-24T12:00:00.000Z"


def test_now_can_be_later() -> None:
    before = time.time()
    found = datetime.fromisoformat(moments.now(90)).timestamp()
    assert before + 89.9 < found < before + 100
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moments.now())
