from types import SimpleNamespace

import pytest

from framework.workers.handover import Handover
from framework.workers.loop import Timers
from framework.workers.notes import Worn
from framework.workers.states import Cause

TAKES_OVER = "another environment takes over"


class Owner:
    """The process 7, which serves and works on something unless a test says otherwise."""

    def __init__(self):
        self.now, self.ended = 0.0, []
        self.timers = Timers(lambda: self.now)
        self.report = SimpleNamespace(serving=True)
        self.slot = SimpleNamespace(pid=7)
        self.in_use = SimpleNamespace(next=None)
        self.deliveries = SimpleNamespace(busy=True)
        self.handover = Handover(self, self.in_use, self.deliveries, self.timers, 300.0)

    def make_way(self, reason, cause=Cause.ASKED):
        self.ended.append((reason, cause))

    def passes(self, seconds):
        self.now += seconds
        self.timers.run_due()


@pytest.fixture
def owner():
    return Owner()


def test_without_a_reason_no_process_makes_way(owner):
    owner.handover.make()

    assert not owner.handover.wanted
    assert (owner.ended, owner.timers.wait(1000)) == ([], 1000)


def test_for_another_environment_it_finishes_its_delivery_first(owner):
    owner.in_use.next = "built"
    owner.handover.make()
    assert (owner.handover.wanted, owner.ended) == (True, [])

    owner.deliveries.busy = False
    owner.handover.make()
    assert owner.ended == [(TAKES_OVER, Cause.ASKED)]


def test_a_delivery_holds_it_up_only_so_long_however_often_it_is_asked(owner):
    owner.in_use.next = "built"
    owner.handover.make()
    owner.passes(299)
    owner.handover.make()
    assert owner.ended == []
    owner.passes(1)

    assert owner.ended == [(TAKES_OVER, Cause.ASKED)]


def test_a_change_that_is_called_off_is_forgotten(owner):
    owner.in_use.next = "built"
    owner.handover.make()
    owner.in_use.next = None
    owner.handover.make()
    owner.passes(1000)

    assert owner.ended == []


def test_a_process_that_does_not_serve_need_not_finish(owner):
    owner.report.serving = False
    owner.in_use.next = "built"
    owner.handover.make()

    assert owner.ended == [(TAKES_OVER, Cause.ASKED)]


def test_one_that_has_grown_finishes_its_delivery_first(owner):
    owner.handover.wear(Worn(7, "its memory is 450 MiB"))
    assert (owner.handover.wanted, owner.ended) == (True, [])
    owner.deliveries.busy = False
    owner.handover.make()

    assert owner.ended == [("its memory is 450 MiB", Cause.WORN)]


def test_one_that_has_grown_makes_way_for_another_environment_as_if_it_had_not(owner):
    owner.deliveries.busy = False
    owner.in_use.next = "built"
    owner.handover.wear(Worn(7, "its memory is 450 MiB"))

    assert owner.ended == [(TAKES_OVER, Cause.ASKED)]


def test_what_an_earlier_process_grew_to_is_of_no_interest(owner):
    owner.handover.wear(Worn(6, "its memory is 450 MiB"))

    assert not owner.handover.wanted
    assert owner.ended == []


def test_one_that_is_gone_when_its_time_is_up_is_not_ended(owner):
    owner.handover.wear(Worn(7, "its memory is 450 MiB"))
    owner.slot.pid = None
    owner.passes(300)

    assert owner.ended == []
