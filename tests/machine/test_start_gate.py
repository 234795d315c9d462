"""Turns by replaying requests: what is asked for is queued first, then it is all dealt with."""

import queue
from functools import partial

import pytest

from framework.machine.start_gate import StartGate

SECONDS = 10.0


class Asked:
    """Turns for two at a time, and who was granted one, in order."""

    def __init__(self):
        self.now = 0.0
        self.granted = []
        self.gate = StartGate(2, turn=5.0, clock=lambda: self.now)

    def ask(self, *identifiers):
        for identifier in identifiers:
            self.gate.ask(identifier, partial(self.granted.append, identifier))

    def outcome(self):
        self.gate.close()
        self.gate.run()
        return self.granted


@pytest.fixture
def asked():
    return Asked()


def test_so_many_start_at_once_and_the_rest_waits(asked):
    asked.ask("a", "b", "c")

    assert asked.outcome() == ["a", "b"]


def test_who_has_started_lets_the_next_begin_in_the_order_of_asking(asked):
    asked.ask("a", "b", "c", "d")
    asked.gate.leave("b")
    asked.gate.leave("a")

    assert asked.outcome() == ["a", "b", "c", "d"]


def test_who_no_longer_wants_to_is_passed_over(asked):
    asked.ask("a", "b", "c", "d")
    asked.gate.leave("c")
    asked.gate.leave("a")

    assert asked.outcome() == ["a", "b", "d"]


def test_who_asks_twice_is_granted_one_turn_as_it_asked_last(asked):
    asked.ask("a", "b", "c")
    asked.gate.ask("c", partial(asked.granted.append, "c again"))
    for identifier in ("a", "b"):
        asked.gate.leave(identifier)

    assert asked.outcome() == ["a", "b", "c again"]


def test_a_turn_that_nobody_has_is_given_back_in_vain(asked):
    asked.gate.leave("stranger")
    asked.ask("a")

    assert asked.outcome() == ["a"]


def test_one_who_takes_too_long_is_not_waited_for(asked):
    def later():
        asked.now += 5.0

    asked.ask("a")
    asked.gate.ask("b", later)
    asked.ask("c")

    assert asked.outcome() == ["a", "c"]


def test_the_end_of_a_turn_is_noticed_although_nobody_says_anything():
    granted = queue.SimpleQueue()
    starts = StartGate(1, turn=0.01)
    starts.start()
    for identifier in "abc":
        starts.ask(identifier, partial(granted.put, identifier))

    assert [granted.get(timeout=SECONDS) for _ in range(3)] == ["a", "b", "c"]
    starts.close()
    starts.join(SECONDS)
    assert not starts.is_alive()


def test_while_nobody_waits_it_sleeps_and_while_somebody_does_until_the_first_turn_ends(asked):
    assert asked.gate._pause == 60
    asked.ask("a", "b", "c")
    asked.outcome()
    asked.now = 1.0

    assert asked.gate._pause == 4
