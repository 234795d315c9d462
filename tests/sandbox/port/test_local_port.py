from datetime import UTC, datetime

from framework.sandbox.port.local_port import Clock


def test_no_time_is_given_twice():
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    clock = Clock(lambda: noon)
    assert [clock.now(), clock.now()] == ["2026-11-24T12:00:00.000Z", "2026-11-24T12:00:00.001Z"]
