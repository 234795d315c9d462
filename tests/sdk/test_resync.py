import msgspec
import pytest

from framework.protocol.messages import KindRequest, Progress
from framework.sdk import Cancelled
from framework.sdk.resync import Resync


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def resync(attempt, clock):
    request = KindRequest("issue", 2, msgspec.Raw(b'{"query":"true"}'))
    return Resync({"url": "u"}, request, attempt, clock)


def test_it_says_what_to_read(resync):
    assert (resync.config, resync.kind, resync.index) == ({"url": "u"}, "issue", 2)
    assert resync.selector == {"query": "true"}


def test_it_knows_that_it_was_given_up(resync, attempt):
    assert not resync.cancelled
    attempt.cancel()
    assert resync.cancelled


def test_progress_is_told_once_a_second_at_most(resync, sent, clock):
    resync.progress(1, 10)
    resync.progress(2, 10)
    clock.now += 1
    resync.progress(3)
    assert sent == [Progress("d", 1, 10), Progress("d", 3)]


def test_progress_of_one_that_was_given_up_ends_the_handler(resync, sent, attempt):
    attempt.cancel()
    with pytest.raises(Cancelled, match="d was given up"):
        resync.progress(1)
    assert sent == []
    assert not issubclass(Cancelled, Exception)  # an author's `except Exception` lets it pass
