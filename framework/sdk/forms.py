"""The forms a handler may have: a list, a generator, a coroutine, an async generator."""

import contextlib
from collections.abc import AsyncIterable, Awaitable, Callable, Generator, Mapping
from typing import Any

from framework.sdk.attempt import Attempt


def drain(answer: Any, take: Callable[[Any], None], attempt: Attempt) -> None:
    """Give `take` everything in a handler's answer; a cancel interrupts an async one's waits."""
    if isinstance(answer, Awaitable | AsyncIterable):
        # Imported here, since asyncio costs 4 MB in each process: only async handlers pay for it.
        from framework.sdk import waiting  # noqa: PLC0415

        waiting.drain(answer, take, pass_on, attempt)
    else:
        pass_on(answer, take)


def pass_on(answer: Any, take: Callable[[Any], None]) -> None:
    """Give `take` what a list or a generator holds; raise TypeError for anything else."""
    if answer is None:
        raise TypeError("a handler returned None: it must return a list or yield")
    if isinstance(answer, Mapping):
        raise TypeError("a handler returned a dict: it must return a list of dicts or yield")
    with contextlib.closing(answer) if isinstance(answer, Generator) else contextlib.nullcontext():
        for chunk in answer:
            take(chunk)
