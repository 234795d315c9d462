import logging
import signal
from concurrent.futures import Future

import pytest

from framework.errors import FrameworkError
from framework.protocol import messages
from framework.workers.loop import Timers
from framework.workers.session.stacks import Stacks
from framework.workers.session.stderr import ErrorLog


class Asked:
    """Stacks of a process that a test answers for."""

    def __init__(self):
        self.now, self.did, self.sent = 0.0, [], []
        self.timers = Timers(lambda: self.now)
        self.errors = ErrorLog(logging.getLogger("integration.jira"))
        self.stacks = Stacks(self, self.errors, self.timers, self.sent.append)

    def signal_one(self, number):
        self.did.append(number)

    def ask(self):
        answer = Future()
        self.stacks.ask(answer)
        return answer

    def wait(self, seconds):
        self.now += seconds
        self.timers.run_due()


@pytest.fixture
def asked():
    return Asked()


def test_the_answer_goes_to_everyone_who_asked(asked):
    first, second = asked.ask(), asked.ask()
    asked.stacks.answered("Thread main")

    assert asked.sent == [messages.Stacks(1), messages.Stacks(2)]
    assert (first.result(0), second.result(0)) == ("Thread main", "Thread main")
    asked.wait(60)
    assert asked.did == []


def test_a_process_that_does_not_answer_is_signalled_and_what_it_writes_is_the_answer(asked):
    answer = asked.ask()
    asked.errors.feed(b"said before\n")
    asked.wait(2.9)
    assert asked.did == []
    asked.wait(0.1)
    assert asked.did == [signal.SIGUSR1]
    asked.errors.feed(b"Thread 0x1:\n  File main.py\n")
    asked.wait(1)

    assert answer.result(0) == "Thread 0x1:\n  File main.py"


def test_an_answer_that_comes_after_the_signal_counts(asked):
    answer = asked.ask()
    asked.wait(3)
    asked.stacks.answered("Thread main")
    asked.wait(60)

    assert answer.result(0) == "Thread main"


def test_a_process_that_says_nothing_at_all_is_an_error(asked):
    answer = asked.ask()
    asked.wait(3)
    asked.wait(1)

    with pytest.raises(FrameworkError, match="neither answers nor says anything on a signal"):
        answer.result(0)


def test_an_answer_that_nobody_waits_for_is_dropped(asked):
    asked.stacks.answered("Thread main")
    later = asked.ask()

    assert not later.done()


def test_who_waits_for_a_process_that_ends_is_told(asked):
    answer = asked.ask()
    asked.stacks.end()

    with pytest.raises(FrameworkError, match="ended before it could answer"):
        answer.result(0)
    asked.wait(60)
    assert asked.did == []


def test_before_a_kill_the_stacks_are_written_to_the_log_and_nothing_is_waited_for(asked):
    asked.stacks.dump()

    assert asked.did == [signal.SIGUSR1]
    assert asked.timers.wait(60) == 60
