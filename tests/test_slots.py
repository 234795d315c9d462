from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from threading import Event, Thread

import pytest

from framework.errors import StoppedError
from framework.slots import Slots


@pytest.fixture
def stop() -> Iterator[Event]:
    stop = Event()
    yield stop
    stop.set()


def test_there_are_as_many_as_were_made(stop: Event) -> None:
    slots = Slots(2)
    with slots.taken(stop) as one, slots.taken(stop) as two:
        assert {one, two} == {0, 1}


def test_a_slot_is_given_back_even_after_a_failure(stop: Event) -> None:
    slots = Slots(1)
    with pytest.raises(KeyError), slots.taken(stop):
        raise KeyError
    with slots.taken(stop):
        pass


def test_a_slot_that_is_not_free_is_waited_for(stop: Event) -> None:
    slots, waited = Slots(1), Event()

    def wait() -> None:
        with slots.taken(stop):
            waited.set()

    other = Thread(target=wait)
    with slots.taken(stop):
        other.start()
        assert not waited.is_set()
    assert waited.wait(10)
    other.join(10)


def test_whoever_waits_gets_a_turn_although_others_come_again_and_again(stop: Event) -> None:
    slots, satisfied = Slots(1), [Event(), Event(), Event()]

    def take(times: Iterable[int]) -> None:
        for _ in times:
            with slots.taken(stop):
                stop.wait(0.001)

    def run(satisfied: Event) -> None:
        with suppress(StoppedError):
            take(range(20))
            satisfied.set()
            take(count())

    hungry = [Thread(target=run, args=(each,)) for each in satisfied]
    for thread in hungry:
        thread.start()
    assert all(each.wait(10) for each in satisfied)
    stop.set()
    for thread in hungry:
        thread.join(10)


def test_no_slot_is_given_twice_or_lost_by_who_leaves(stop: Event) -> None:
    slots, inside, worst, leaving = Slots(1), [], [], Event()

    def run() -> None:
        with suppress(StoppedError):
            while True:
                with slots.taken(leaving):
                    inside.append(1)
                    worst.append(len(inside))
                    inside.pop()

    threads = [Thread(target=run) for _ in range(9)]
    for thread in threads:
        thread.start()
    leaving.wait(0.5)
    leaving.set()
    for thread in threads:
        thread.join(10)
    assert set(worst) == {1}
    with slots.taken(stop) as number:
        assert number == 0


def test_a_stop_ends_the_waiting(stop: Event) -> None:
    slots = Slots(1)
    with slots.taken(stop):
        stop.set()
        with pytest.raises(StoppedError), slots.taken(stop):
            pass
