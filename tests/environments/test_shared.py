from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from framework.environments.shared import Shared
from framework.errors import BuildUnavailableError, FrameworkError, RequirementsError, StoppedError

DEADLINE = 10.0
KEY = "key"


class Work:
    """Work that begins, goes on until `may_end`, and ends as `end` says; counts its calls."""

    def __init__(self, end: Callable[[], str]):
        self.calls = 0
        self.begun, self.may_end = Event(), Event()
        self._end = end

    def __call__(self) -> str:
        self.calls += 1
        self.begun.set()
        assert self.may_end.wait(DEADLINE)
        return self._end()


def fail(error: Exception) -> Callable[[], str]:
    def end() -> str:
        raise error

    return end


def both(shared: Shared[str], work: Work, second: Work) -> list[str | BaseException]:
    """Let one thread work and another wait for it; return how each ended."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.outcome, KEY, work, Event(), print)
        assert work.begun.wait(DEADLINE)
        other = pool.submit(shared.outcome, KEY, second, Event(), work.may_end.set)
        return [one.exception(DEADLINE) or one.result() for one in (first, other)]


def test_who_waits_gets_what_the_other_made() -> None:
    work, second = Work(lambda: "made"), Work(lambda: "again")
    assert both(Shared(), work, second) == ["made", "made"]
    assert second.calls == 0


@pytest.mark.parametrize(
    "error", [BuildUnavailableError("down"), RequirementsError("wrong"), OSError("full")]
)
def test_who_waits_shares_the_failure(error: Exception) -> None:
    work, second = Work(fail(error)), Work(lambda: "again")
    assert both(Shared(), work, second) == [error, error]
    assert second.calls == 0


@pytest.mark.parametrize("error", [StoppedError("stopped"), FrameworkError("its own"), KeyError()])
def test_what_concerns_one_thread_alone_is_not_shared(error: Exception) -> None:
    work, second = Work(fail(error)), Work(lambda: "made")
    second.may_end.set()
    assert both(Shared(), work, second) == [error, "made"]


def test_who_comes_after_a_failure_tries_again() -> None:
    shared: Shared[str] = Shared()
    with pytest.raises(BuildUnavailableError):
        shared.outcome(KEY, fail(BuildUnavailableError("down")), Event(), print)
    assert shared.outcome(KEY, lambda: "made", Event(), print) == "made"


def test_other_work_waits_for_nobody() -> None:
    shared: Shared[str] = Shared()
    inner = lambda: shared.outcome("other", lambda: "made", Event(), pytest.fail)  # noqa: E731 - work in work
    assert shared.outcome(KEY, inner, Event(), print) == "made"


def test_a_stop_and_a_limit_end_the_waiting() -> None:
    shared: Shared[str] = Shared()
    work, stop = Work(lambda: "made"), Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.outcome, KEY, work, Event(), print)
        assert work.begun.wait(DEADLINE)
        with pytest.raises(BuildUnavailableError, match="has not ended"):
            shared.outcome(KEY, work, stop, print, seconds=0)
        with pytest.raises(StoppedError):
            shared.outcome(KEY, work, stop, stop.set)
        work.may_end.set()
        assert first.result(DEADLINE) == "made"
    assert work.calls == 1
