from framework.workers.happenings import Cause
from framework.workers.session.exits import End
from framework.workers.states import Situation, State
from framework.workers.transitions import transition

BACKOFF = Situation(State.BACKOFF, "exit status 1: no such broker")


def test_a_change_of_state_is_kept_with_its_process():
    ready = Situation(State.READY, "building a new environment")
    known = transition("jira", State.STARTING, ready, 7, None)

    assert (known.identifier, known.before, known.after) == ("jira", "STARTING", "READY")
    assert (known.reason, known.pid) == ("building a new environment", 7)
    assert (known.exit_code, known.signal, known.stderr) == (None, None, [])


def test_the_end_of_a_process_is_kept_with_its_exit_status_and_last_lines():
    end = End("exit status 1", pid=7, status=1, stderr=("Traceback", "no such broker"))
    known = transition("jira", State.READY, BACKOFF, None, end)

    assert (known.pid, known.exit_code, known.signal) == (7, 1, None)
    assert known.reason == "exit status 1: no such broker"
    assert known.stderr == ["Traceback", "no such broker"]


def test_the_signal_that_ended_it_is_kept_by_name():
    end = End("killed by SIGKILL", pid=7, status=-9)

    assert transition("jira", State.READY, BACKOFF, None, end).signal == "SIGKILL"


def test_a_state_without_a_reason_has_that_of_the_end():
    end = End("its memory is 612 MiB", Cause.WORN, pid=7, status=0)
    known = transition("jira", State.STOPPING, Situation(State.PENDING), None, end)

    assert known.reason == "its memory is 612 MiB"
