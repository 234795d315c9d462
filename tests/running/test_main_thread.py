"""Calls that other threads hand to the main thread."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from framework.errors import ConfigError, FrameworkError
from framework.running import main_thread
from framework.running.main_thread import MainThread
from tests.fakes.children import until


@pytest.fixture
def asked():
    with ThreadPoolExecutor() as others:
        yield others


def waits(calls):
    return not calls._waiting.empty()


def test_a_call_is_made_by_the_thread_that_runs_them(asked):
    main = MainThread()
    answer = asked.submit(main.call, threading.current_thread)
    until(lambda: waits(main))
    main.run()

    assert answer.result(10) is threading.main_thread()


def test_what_a_call_raises_is_raised_where_it_was_asked_for(asked):
    def refuse():
        raise ConfigError("config.yaml:3: unknown key")

    main = MainThread()
    answer = asked.submit(main.call, refuse)
    until(lambda: waits(main))
    main.run()

    with pytest.raises(ConfigError, match="unknown key"):
        answer.result(10)


def test_a_call_that_is_not_taken_up_in_time_is_never_made(asked, monkeypatch):
    monkeypatch.setattr(main_thread, "WAIT_SECONDS", 0.01)
    done = []
    main = MainThread()
    with pytest.raises(FrameworkError, match="too busy"):
        asked.submit(main.call, lambda: done.append(1)).result(10)
    main.run()

    assert done == []


def test_without_calls_there_is_nothing_to_do():
    MainThread().run()
    assert not waits(MainThread())
