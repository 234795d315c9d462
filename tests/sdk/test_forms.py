import asyncio

import pytest

from framework.sdk import Cancelled
from framework.sdk.forms import drain


def a_list():
    return [{"id": 1}, {"id": 2}]


def a_generator():
    yield {"id": 1}
    yield {"id": 2}


async def a_coroutine():
    await asyncio.sleep(0)
    return [{"id": 1}, {"id": 2}]


async def an_async_generator():
    yield {"id": 1}
    await asyncio.sleep(0)
    yield {"id": 2}


class AnAsyncIterator:
    def __init__(self):
        self._items = [{"id": 1}, {"id": 2}]

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self._items:
            raise StopAsyncIteration
        return self._items.pop(0)


@pytest.mark.parametrize(
    "form", [a_list, a_generator, a_coroutine, an_async_generator, AnAsyncIterator]
)
def test_every_form_of_a_handler_is_drained(form, attempt):
    taken: list[object] = []
    drain(form(), taken.append, attempt)
    assert taken == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("nothing", [lambda: None, lambda: asyncio.sleep(0)])
def test_returning_nothing_is_an_error_not_an_empty_kind(nothing, attempt):
    with pytest.raises(TypeError, match="returned None: it must return a list or yield"):
        drain(nothing(), lambda _: None, attempt)


def test_returning_one_dict_is_an_error(attempt):
    with pytest.raises(TypeError, match="returned a dict: it must return a list"):
        drain({"items": []}, lambda _: None, attempt)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_generator_is_closed_when_its_items_are_refused(attempt, is_async):
    closed = []

    def plain():
        try:
            yield 1
        finally:
            closed.append(True)

    async def asynchronous():
        try:
            yield 1
        finally:
            closed.append(True)

    def refuse(_):
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        drain(asynchronous() if is_async else plain(), refuse, attempt)
    assert closed == [True]
