"""The asynchronous forms of a handler, run to their end; imported once there is one."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import Any

from framework.sdk.attempt import Attempt
from framework.sdk.forms import pass_on


def drain(
    answer: Awaitable[Any] | AsyncIterable[Any], take: Callable[[Any], None], attempt: Attempt
) -> None:
    """Give `take` all that it holds; a cancel interrupts its waits."""
    asyncio.run(_wait(answer, take, attempt))


async def _wait(
    answer: Awaitable[Any] | AsyncIterable[Any], take: Callable[[Any], None], attempt: Attempt
) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def interrupt() -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended in this moment
            loop.call_soon_threadsafe(task.cancel)

    with attempt.waking(interrupt):
        if isinstance(answer, Awaitable):
            await asyncio.to_thread(pass_on, await answer, take)
        else:
            await _walk(answer, take)


async def _walk(answer: AsyncIterable[Any], take: Callable[[Any], None]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if isinstance(answer, AsyncGenerator):
            await stack.enter_async_context(contextlib.aclosing(answer))
        async for chunk in answer:
            await asyncio.to_thread(take, chunk)  # it may wait for the window; the loop may not
