import logging
from types import SimpleNamespace

import pytest

from framework.events import Delivery, Resync
from framework.protocol.messages import Ping
from framework.workers.delivery.deliveries import Deliveries
from framework.workers.delivery.lane import Settled
from framework.workers.loop import Timers
from framework.workers.notes import Hung, Send


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Owner:
    """A session that is READY and a lane that only takes jobs."""

    def __init__(self):
        self.clock, self.jobs, self.notes = Clock(), [], []
        self.timers = Timers(self.clock)
        self.session = SimpleNamespace(number=3, attempts={})
        lane = SimpleNamespace(put=self.jobs.append)
        log = logging.getLogger("integration.jira")
        self.deliveries = Deliveries(lane, self.timers, log, self.notes.append)

    def dispatch(self):
        self.deliveries.dispatch(self.session)


def delivery(name):
    return Delivery(Resync(name, "jira", "test"), "jira")


@pytest.fixture
def owner():
    return Owner()


def test_the_oldest_delivery_is_handed_over_with_what_it_absorbs(owner):
    for name in "abc":
        owner.deliveries.add(delivery(name))
    owner.dispatch()

    (job,) = owner.jobs
    assert job.attempt.delivery == delivery("a")
    assert job.absorbed == [delivery("b"), delivery("c")]
    assert owner.session.attempts == {"a/jira": job.attempt}
    assert owner.deliveries.busy


def test_without_a_delivery_nothing_is_handed_over(owner):
    owner.dispatch()

    assert owner.jobs == []
    assert not owner.deliveries.busy


def test_a_busy_lane_gets_nothing_until_it_has_settled(owner):
    owner.deliveries.add(delivery("a"))
    owner.dispatch()
    owner.deliveries.add(delivery("b"))
    owner.dispatch()
    assert len(owner.jobs) == 1

    owner.deliveries.settled(Settled(owner.jobs[0]), owner.session)
    assert owner.session.attempts == {}
    owner.dispatch()
    assert [job.attempt.delivery.event.id for job in owner.jobs] == ["a", "b"]


def test_what_goes_back_because_of_a_death_is_sent_to_the_next_process_at_once(owner):
    owner.deliveries.add(delivery("a"))
    owner.dispatch()
    owner.deliveries.settled(Settled(owner.jobs[0], [delivery("a")]), None)
    owner.session = SimpleNamespace(number=4, attempts={})
    owner.dispatch()

    assert list(owner.session.attempts) == ["a/jira"]


def test_what_failed_on_our_side_waits_and_wakes_the_owner(owner, caplog):
    owner.deliveries.add(delivery("a"))
    owner.dispatch()
    owner.deliveries.settled(Settled(owner.jobs[0], [delivery("a")], "503"), owner.session)
    owner.dispatch()

    assert "the next attempt is in 5 s" in caplog.text
    assert owner.timers.wait(60) == 5
    assert len(owner.jobs) == 1
    owner.clock.now = 5
    owner.timers.run_due()
    owner.dispatch()
    assert len(owner.jobs) == 2


def test_an_attempt_speaks_to_the_process_it_was_made_for(owner):
    owner.deliveries.add(delivery("a"))
    owner.dispatch()
    attempt = owner.jobs[0].attempt
    attempt.ask(Ping(1))
    attempt._give_up("it did not answer")

    assert owner.notes == [Send(3, Ping(1)), Hung(3, "it did not answer")]


def test_what_is_done_with_trouble_is_done(owner):
    owner.deliveries.add(delivery("a"))
    owner.dispatch()
    owner.deliveries.settled(Settled(owner.jobs[0], trouble="it failed"), owner.session)
    owner.deliveries.add(delivery("b"))
    owner.dispatch()

    assert [job.attempt.delivery.event.id for job in owner.jobs] == ["a", "b"]
    assert owner.timers.wait(60) == 60


def test_failures_hold_it_back_ever_longer_until_one_succeeds(owner):
    for _ in range(2):
        owner.deliveries.add(delivery("a"))
        owner.dispatch()
        owner.deliveries.settled(Settled(owner.jobs[-1], [delivery("a")], "503"), owner.session)
        owner.clock.now += 4
        owner.dispatch()
        owner.clock.now += 1
    owner.dispatch()
    assert len(owner.jobs) == 2
    owner.clock.now += 5
    owner.dispatch()
    owner.deliveries.settled(Settled(owner.jobs[-1]), owner.session)
    owner.deliveries.add(delivery("b"))
    owner.dispatch()

    assert [job.attempt.delivery.event.id for job in owner.jobs] == ["a", "a", "a", "b"]


def test_a_delivery_that_comes_twice_is_handed_over_once(owner):
    for name in "aba":
        owner.deliveries.add(delivery(name))
    owner.dispatch()

    assert owner.jobs[0].attempt.delivery == delivery("a")
    assert owner.jobs[0].absorbed == [delivery("b")]


def test_what_goes_back_goes_before_what_came_later(owner):
    owner.deliveries.add(delivery("earlier"))
    owner.dispatch()
    owner.deliveries.add(delivery("later"))
    owner.deliveries.settled(Settled(owner.jobs[0], [delivery("earlier")]), owner.session)
    owner.dispatch()

    assert owner.jobs[-1].attempt.delivery == delivery("earlier")
    assert owner.jobs[-1].absorbed == [delivery("later")]


def test_what_goes_back_and_came_again_meanwhile_waits_once_in_its_old_place(owner):
    owner.deliveries.add(delivery("a"))
    owner.dispatch()
    owner.deliveries.add(delivery("later"))
    owner.deliveries.add(delivery("a"))
    owner.deliveries.settled(Settled(owner.jobs[0], [delivery("a")]), owner.session)
    owner.dispatch()

    assert owner.jobs[-1].attempt.delivery == delivery("a")
    assert owner.jobs[-1].absorbed == [delivery("later")]
