"""The forms a handler may have: a list or a generator, or a coroutine or an async generator."""

import contextlib
import importlib
from collections.abc import AsyncIterable, Awaitable, Callable, Generator, Mapping
from typing import Any

from framework.sdk.attempt import Attempt


def drain(answer: Any, take: Callable[[Any], None], attempt: Attempt) -> None:
    """Give `take` all that a handler's answer holds; a cancel interrupts an async one's waits."""
    if isinstance(answer, Awaitable | AsyncIterable):
        # asyncio takes 4 MB of each process: only of those whose author wants it.
        importlib.import_module("framework.sdk.waiting").drain(answer, take, attempt)
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
