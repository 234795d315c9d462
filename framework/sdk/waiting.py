"""Run the asynchronous forms of a handler to their end; imported when the first one runs."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import Any

from framework.sdk.attempt import Attempt

Take = Callable[[Any], None]


def drain(
    answer: Awaitable[Any] | AsyncIterable[Any],
    take: Take,
    pass_on: Callable[[Any, Take], None],
    attempt: Attempt,
) -> None:
    """Give `take` everything in the answer; a cancel interrupts its waits.

    `pass_on` does so with the list or generator that a coroutine returns.
    """
    asyncio.run(_drain(answer, take, pass_on, attempt))


async def _drain(
    answer: Awaitable[Any] | AsyncIterable[Any],
    take: Take,
    pass_on: Callable[[Any, Take], None],
    attempt: Attempt,
) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def interrupt() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has just ended
            loop.call_soon_threadsafe(task.cancel)

    with attempt.waking(interrupt):
        if isinstance(answer, Awaitable):
            await asyncio.to_thread(pass_on, await answer, take)
            return
        async with contextlib.AsyncExitStack() as stack:
            if isinstance(answer, AsyncGenerator):
                await stack.enter_async_context(contextlib.aclosing(answer))
            async for chunk in answer:
                await asyncio.to_thread(take, chunk)  # it may wait for the window; the loop may not
