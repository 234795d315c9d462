import logging

import pytest

from framework.running.duty import PAUSE_SECONDS, Duty


class Work:
    """Work that fails as a test has it, at a time that a test sets."""

    def __init__(self):
        self.now, self.calls, self.failure = 0.0, 0, None

    def __call__(self):
        self.calls += 1
        if self.failure:
            raise self.failure


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def duty(work, caplog):
    caplog.set_level(logging.INFO)
    return Duty("looking after orphans", work, lambda: work.now)


def test_it_is_done_each_time(duty, work):
    duty.do()
    duty.do()

    assert work.calls == 2


def test_a_failure_is_logged_and_tried_again_after_a_pause(duty, work, caplog):
    work.failure = OSError(24, "Too many open files", "/proc")
    duty.do()
    assert "looking after orphans failed; it is tried again every 10 s" in caplog.text
    assert "Too many open files" in caplog.text
    duty.do()
    assert work.calls == 1

    work.now = PAUSE_SECONDS
    duty.do()
    assert work.calls == 2


def test_the_same_failure_is_logged_once_and_another_one_again(duty, work, caplog):
    for work.now, work.failure in ((0, OSError("a")), (10, OSError("a")), (20, ValueError("b"))):
        duty.do()

    assert caplog.text.count("looking after orphans failed") == 2


def test_that_it_works_again_is_logged(duty, work, caplog):
    work.failure = OSError("a")
    duty.do()
    work.now, work.failure = PAUSE_SECONDS, None
    duty.do()
    duty.do()

    assert caplog.text.count("looking after orphans works again") == 1
