from threading import Event, Thread

import pytest

from framework.errors import StoppedError
from framework.slots import Slots


@pytest.fixture
def stop() -> Event:
    return Event()


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


def test_a_stop_ends_the_waiting(stop: Event) -> None:
    slots = Slots(1)
    with slots.taken(stop):
        stop.set()
        with pytest.raises(StoppedError), slots.taken(stop):
            pass
