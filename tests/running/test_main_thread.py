"""What other threads have the main thread do."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from framework.errors import ConfigError, FrameworkError
from framework.running import main_thread
from framework.running.main_thread import Errands
from tests.fakes.children import until


@pytest.fixture
def asked():
    with ThreadPoolExecutor() as others:
        yield others


def waits(errands):
    return not errands._waiting.empty()


def test_an_errand_is_done_by_the_thread_that_runs_them(asked):
    waiting = Errands()
    answer = asked.submit(waiting.have, threading.current_thread)
    until(lambda: waits(waiting))
    waiting.run()

    assert answer.result(10) is threading.main_thread()


def test_what_an_errand_raises_is_raised_where_it_was_asked_for(asked):
    def refuse():
        raise ConfigError("config.yaml:3: unknown key")

    waiting = Errands()
    answer = asked.submit(waiting.have, refuse)
    until(lambda: waits(waiting))
    waiting.run()

    with pytest.raises(ConfigError, match="unknown key"):
        answer.result(10)


def test_an_errand_that_is_not_taken_up_in_time_is_never_done(asked, monkeypatch):
    monkeypatch.setattr(main_thread, "WAIT_SECONDS", 0.01)
    done = []
    waiting = Errands()
    with pytest.raises(FrameworkError, match="too busy"):
        asked.submit(waiting.have, lambda: done.append(1)).result(10)
    waiting.run()

    assert done == []


def test_without_errands_there_is_nothing_to_do():
    Errands().run()
    assert not waits(Errands())
