from framework import backoff


def test_the_wait_doubles_from_the_first_to_the_cap():
    waits = [backoff.delay(failures, first=1, cap=60) for failures in range(1, 9)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_very_long_history_does_not_overflow():
    assert backoff.delay(100_000, first=5, cap=300) == 300
