import logging
import queue

import pytest

from framework.errors import (
    DoneError,
    JournalError,
    PortUnavailableError,
    ProcessGoneError,
    StoppedError,
)
from framework.events import Delivery, Resync
from framework.workers.attempt import Attempt
from framework.workers.delivery.lane import Job, Lane

FIRST = Delivery(Resync("e1", "jira", "test"), "jira")
SECOND = Delivery(Resync("e2", "jira", "test"), "jira")


class Ledger:
    def __init__(self):
        self.did = []

    def count_attempt(self, delivery):
        self.did.append(("count", delivery.id))
        return Delivery(delivery.event, delivery.identifier, delivery.attempt + 1)

    def give_back(self, delivery):
        self.did.append(("give back", delivery.id))

    def note(self, transition):
        self.did.append(("note", transition.after))

    def done(self, deliveries):
        self.did.append(("done", *(delivery.id for delivery in deliveries)))


@pytest.fixture
def run():
    lanes = []

    def run(work, ledger):
        settled = queue.SimpleQueue()
        lane = Lane("test", work, ledger, settled.put, logging.getLogger("test"))
        lanes.append(lane)
        lane.start()
        attempt = Attempt(FIRST, lambda _: None, lambda _: None)
        lane.put(Job(attempt, [SECOND]))
        return settled.get(timeout=5)

    yield run
    for lane in lanes:
        lane.close()
        lane.join(5)
        assert not lane.is_alive()


def raising(error):
    def work(attempt):
        raise error

    return work


def test_an_attempt_is_counted_before_the_work_and_done_after_it(run):
    ledger, seen = Ledger(), []

    settled = run(lambda attempt: seen.append((attempt.delivery.attempt, *ledger.did)), ledger)

    assert seen == [(1, ("count", FIRST.id))]
    assert ledger.did[-1] == ("done", FIRST.id, SECOND.id)
    assert (settled.again, settled.error) == ([], None)


@pytest.mark.parametrize("error", [ProcessGoneError("died"), StoppedError("stopped")])
def test_a_death_or_a_stop_gives_everything_back_without_blame(run, error):
    ledger = Ledger()

    settled = run(raising(error), ledger)

    assert ledger.did[-1] == ("give back", FIRST.id)
    assert [delivery.id for delivery in settled.again] == [FIRST.id, SECOND.id]
    assert settled.again[0].attempt == 1
    assert settled.error is None


def test_trouble_with_port_gives_everything_back_for_later(run):
    settled = run(raising(PortUnavailableError("503")), Ledger())

    assert len(settled.again) == 2
    assert settled.error == "503"


def test_a_bug_costs_neither_the_lane_nor_the_delivery(run):
    settled = run(raising(ZeroDivisionError("oops")), Ledger())

    assert len(settled.again) == 2
    assert "ZeroDivisionError" in settled.error


def test_a_journal_that_fails_sends_nothing_and_keeps_the_delivery(run):
    class Full(Ledger):
        def count_attempt(self, delivery):
            raise JournalError("disk full")

        def give_back(self, delivery):
            raise JournalError("disk full")

    worked = []
    settled = run(worked.append, Full())

    assert worked == []
    assert len(settled.again) == 2
    assert settled.error == "disk full"


def test_what_is_wrong_although_it_is_done_is_told(run):
    ledger = Ledger()
    settled = run(lambda attempt: "the last resync failed", ledger)

    assert (settled.trouble, settled.error, settled.again) == ("the last resync failed", None, [])
    assert not settled.interrupted
    assert ledger.did[-1] == ("done", FIRST.id, SECOND.id)


@pytest.mark.parametrize(
    ("error", "interrupted"), [(ProcessGoneError("died"), True), (JournalError("full"), False)]
)
def test_only_a_death_or_a_stop_says_nothing_about_the_outcome(run, error, interrupted):
    assert run(raising(error), Ledger()).interrupted is interrupted


def test_a_lane_without_a_job_has_no_thread():
    lane = Lane("test", print, Ledger(), print, logging.getLogger("test"))

    assert lane.ident is None
    lane.close()


def test_one_job_follows_the_other():
    settled = queue.SimpleQueue()
    lane = Lane("test", lambda attempt: None, Ledger(), settled.put, logging.getLogger("test"))
    jobs = [Job(Attempt(one, lambda _: None, lambda _: None), []) for one in (FIRST, SECOND)]
    for job in jobs:
        lane.put(job)

    assert [settled.get(timeout=5).job for _ in jobs] == jobs
    lane.close()
    lane.join(5)
    assert not lane.is_alive()


def test_what_is_done_already_is_not_sent_again_and_holds_nothing_up(run):
    class Known(Ledger):
        def count_attempt(self, delivery):
            raise DoneError("delivery 'e1/jira' is done")

    worked = []
    settled = run(worked.append, Known())

    assert worked == []
    assert (settled.again, settled.error) == ([SECOND], None)
