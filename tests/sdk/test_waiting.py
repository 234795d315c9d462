import asyncio
import threading

import pytest

from framework.sdk import waiting
from framework.sdk.forms import pass_on


class Query:
    """What some libraries answer: one may await it or walk over it."""

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return [{"awaited": True}]

    async def __aiter__(self):
        yield {"awaited": False}


def test_what_can_be_awaited_is_not_walked_over(attempt):
    taken: list[object] = []
    waiting.drain(Query(), taken.append, pass_on, attempt)
    assert taken == [{"awaited": True}]


def test_a_cancel_interrupts_the_waits_of_an_async_generator(attempt):
    cleaned = []

    async def waits():
        try:
            yield {"id": 1}
            threading.Timer(0.05, attempt.cancel).start()
            await asyncio.sleep(3600)
        finally:
            cleaned.append(True)

    with pytest.raises(asyncio.CancelledError):
        waiting.drain(waits(), lambda _: None, pass_on, attempt)
    assert cleaned == [True]


def test_other_tasks_run_on_while_the_window_is_full(attempt):
    ran = threading.Event()

    async def has_a_task():
        task = asyncio.get_running_loop().call_later(0.01, ran.set)
        yield {"id": 1}
        task.cancel()

    waiting.drain(has_a_task(), lambda _: ran.wait(10), pass_on, attempt)
    assert ran.is_set()
