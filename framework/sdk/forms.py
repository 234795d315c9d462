"""The forms a handler may have: a list or a generator, or a coroutine or an async generator."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Mapping
from typing import Any

from framework.sdk.attempt import Attempt


def drain(answer: Any, take: Callable[[Any], None], attempt: Attempt) -> None:
    """Give `take` all that a handler's answer holds; a cancel interrupts an async one's waits."""
    if inspect.isawaitable(answer) or isinstance(answer, AsyncIterable):
        asyncio.run(_wait(answer, take, attempt))
    else:
        _pass_on(answer, take)


def _pass_on(answer: Any, take: Callable[[Any], None]) -> None:
    if answer is None:
        raise TypeError("a handler returned None: it must return a list or yield")
    if isinstance(answer, Mapping):
        raise TypeError("a handler returned a dict: it must return a list of dicts or yield")
    with contextlib.closing(answer) if isinstance(answer, Generator) else contextlib.nullcontext():
        for chunk in answer:
            take(chunk)


async def _wait(answer: Any, take: Callable[[Any], None], attempt: Attempt) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def interrupt() -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended in this moment
            loop.call_soon_threadsafe(task.cancel)

    with attempt.waking(interrupt):
        if inspect.isawaitable(answer):
            await asyncio.to_thread(_pass_on, await answer, take)
        else:
            await _walk(answer, take)


async def _walk(answer: AsyncIterable[Any], take: Callable[[Any], None]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if isinstance(answer, AsyncGenerator):
            await stack.enter_async_context(contextlib.aclosing(answer))
        async for chunk in answer:
            await asyncio.to_thread(take, chunk)  # it may wait for the window; the loop may not
