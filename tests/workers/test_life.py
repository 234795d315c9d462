import errno
import os
import signal

import pytest

from framework.errors import ProcessGoneError, StoppedError
from framework.journal import Desired
from framework.protocol.messages import Shutdown
from framework.workers.attempt import Settled
from framework.workers.notes import Granted
from framework.workers.states import Asked, Building, Cause, State, Unbuilt
from tests.fakes.children import until

EMFILE = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
NO_MATCH = Unbuilt("no version matches", None)
RUN, PAUSE, STOP = Asked(Desired.RUN), Asked(Desired.PAUSE), Asked(Desired.STOP)


# --- from nothing to a process


def test_without_an_environment_one_is_asked_for(one):
    one.life.start_again()

    assert len(one.asked) == 1
    assert (one.state, one.life.idle) == (State.PENDING, True)


def test_it_starts_in_its_turn_which_ends_once_it_is_ready(one):
    one.starts("old")
    assert (one.state, one.turns.starting) == (State.STARTING, {"jira"})
    assert (one.life.environment, one.slot.pid) == ("old", 4000)
    one.greets()

    assert (one.state, one.turns.starting) == (State.READY, set())
    assert one.story == ["STARTING", "READY"]
    assert one.reports > 2


def test_while_it_waits_for_its_turn_it_says_so_and_is_not_idle(one):
    one.builds("old")
    one.life.proceed()

    assert (one.state, one.reason) == (State.PENDING, "waits for its turn to start")
    assert not one.life.idle


def test_a_turn_that_comes_too_late_is_given_back(one):
    one.builds("old")
    one.life.proceed()
    one.loop.stopping.set()
    one.goes_on()

    assert (one.children, one.turns.starting) == ([], set())


def test_after_a_stop_of_the_supervisor_nothing_is_asked_for(one):
    one.loop.stopping.set()
    one.builds("old")
    one.life.proceed()

    assert one.turns.starting == set()


def test_a_machine_that_is_short_of_something_is_tried_again_every_10_seconds(one):
    one.refusal = EMFILE
    one.builds("old")
    one.life.proceed()
    one.goes_on()
    for _ in range(7):
        assert (one.state, one.delay, one.turns.starting) == (State.BACKOFF, 10, set())
        one.passes(10)

    assert one.reason == (
        "this machine cannot start another process: Too many open files; "
        "look at its limits of open files, processes and memory"
    )
    one.refusal = None
    one.passes(10)
    assert (one.state, one.life.situation.failures) == (State.STARTING, 0)


def test_a_process_that_cannot_be_started_otherwise_has_failed(one):
    one.refusal = FileNotFoundError(errno.ENOENT, "No such file", "/envs/old")
    one.builds("old")
    one.life.proceed()
    one.goes_on()

    assert one.state is State.BACKOFF
    assert one.reason.startswith("the process could not be started: [Errno 2] No such file")
    assert one.life.situation.failures == 1


def test_an_environment_that_is_gone_is_asked_for_instead_of_started_in(one):
    one.serves("old")
    one.shelf.lose("old")
    one.dies(1)
    one.passes(1)

    assert (len(one.children), len(one.asked)) == (1, 1)


# --- from a process to nothing


def test_a_death_is_told_with_its_pid_its_exit_code_and_its_last_lines(one):
    child = one.serves()
    os.write(child.ends[2], b"Traceback\nno such broker\n")
    until(lambda: one.slot.session._errors.last_line == "no such broker")
    one.dies(1)

    died = one.ledger.transitions[-1]
    assert (died.before, died.after) == ("READY", "BACKOFF")
    assert (died.pid, died.exit_code, died.signal) == (4000, 1, None)
    assert died.stderr == ["Traceback", "no such broker"]
    assert died.reason == one.reason == "exit status 1: no such broker"


def test_a_death_by_a_signal_is_told_with_its_name(one):
    one.serves()
    one.dies(-signal.SIGSEGV)

    assert one.ledger.transitions[-1].signal == "SIGSEGV"


def test_after_a_death_it_is_started_again_when_it_is_time(one):
    errors = (one.serves(), one.works())[1]
    one.dies(1)
    assert (one.state, one.slot.pid) == (State.BACKOFF, None)
    assert 0.5 <= one.delay <= 1
    one.passes(1)

    assert [str(error) for error in errors] == ["its process ended: exit status 1"]
    assert (one.state, one.keys) == (State.STARTING, ["old", "old"])


def test_a_death_before_it_was_ready_gives_its_turn_back(one):
    one.starts()
    one.dies(1)

    assert (one.state, one.turns.starting) == (State.BACKOFF, set())


def test_what_is_hopeless_stays_down_until_an_operator_has_it_tried(one):
    one.starts()
    one.dies(78)
    assert (one.state, one.delay) == (State.BLOCKED, None)
    one.passes(100_000)
    assert len(one.children) == 1

    one.life.ask(RUN)
    one.goes_on()
    assert one.state is State.STARTING


def test_what_takes_too_much_memory_is_killed_and_started_after_a_while(one):
    child = one.serves()
    one.slot.kill_pid(4000, "its memory is 612 MiB")
    assert child.did == ["kill"]
    one.dies(-9)

    assert (one.state, one.reason) == (State.BACKOFF, "its memory is 612 MiB")
    assert one.delay <= 1


def test_what_is_said_about_another_process_s_memory_is_dropped(one):
    child = one.serves()
    one.slot.kill_pid(3999, "its memory is 612 MiB")

    assert child.did == []


@pytest.mark.parametrize(("served", "state"), [(60, State.STARTING), (59, State.BACKOFF)])
def test_what_has_grown_in_a_long_life_starts_again_at_once(one, served, state):
    child = one.serves()
    child.heard()
    one.passes(served)
    one.life.make_way("its memory is 450 MiB", Cause.WORN)
    assert (one.state, one.reason) == (State.STOPPING, "its memory is 450 MiB")
    assert Shutdown(30) in child.heard()
    one.dies(0)

    assert one.state is state
    after = one.ledger.transitions[one.story.index("STOPPING") + 1]
    assert (after.exit_code, after.reason) == (0, "its memory is 450 MiB")


def test_a_process_that_makes_way_gives_back_what_it_works_on(one):
    errors = (one.serves(), one.works())[1]
    one.life.make_way("another environment takes over")

    assert [type(error) for error in errors] == [ProcessGoneError]


def test_one_that_was_told_to_end_is_not_told_again(one):
    child = one.serves()
    one.life.make_way("another environment takes over")
    child.heard()
    one.life.make_way("its memory is 450 MiB", Cause.WORN)

    assert (one.reason, child.heard()) == ("another environment takes over", [])


def test_the_next_environment_follows_a_process_that_made_way(one, caplog):
    one.serves("old")
    one.builds("new")
    one.life.make_way("another environment takes over")
    one.dies(0)
    one.greets()

    assert (one.keys, one.state) == (["old", "new"], State.READY)
    assert one.life.situation.failures == 0
    assert "0.00 s from old to new" in caplog.messages


def test_the_next_environment_follows_a_process_that_died_meanwhile(one):
    one.serves("old")
    one.builds("new")
    one.dies(1)

    assert (one.keys, one.state) == (["old", "new"], State.STARTING)


def test_after_three_deaths_in_a_new_environment_it_goes_back_at_once(one, caplog):
    one.serves("old")
    one.builds("new")
    one.life.make_way("another environment takes over")
    one.dies(0)
    for _ in range(2):
        one.dies(1)
        one.passes(2)
    one.dies(1)

    assert one.keys == ["old", "new", "new", "new", "old"]
    assert (one.state, one.life.situation.failures) == (State.STARTING, 0)
    assert "the new environment new is not used: 3 ends in its first 5 minutes" in caplog.text
    assert one.ledger.transitions[-2].exit_code == 1


def test_a_machine_that_is_short_of_something_says_nothing_about_a_new_environment(one):
    one.serves("old")
    one.builds("new")
    one.life.make_way("another environment takes over")
    one.refusal = EMFILE
    one.dies(0)
    for _ in range(5):
        one.passes(10)
    one.refusal = None
    one.passes(10)

    assert one.keys == ["old", "new"]


# --- what operators want


def test_a_stop_ends_the_process_and_keeps_it_down(one):
    child = one.serves()
    errors = one.works()
    child.heard()
    one.life.ask(STOP)
    assert (one.state, one.reason) == (State.STOPPING, "stopped by an operator")
    assert child.heard() == [Shutdown(30)]
    assert [type(error) for error in errors] == [StoppedError]
    one.dies(0)
    one.passes(100_000)

    assert (one.state, one.keys) == (State.STOPPED, ["old"])
    assert one.ledger.transitions[-1].reason == "stopped by an operator"


def test_a_stop_of_what_is_stopping_already_keeps_it_down(one):
    one.serves()
    one.life.restart()
    one.life.ask(STOP)
    one.dies(0)

    assert (one.state, len(one.children)) == (State.STOPPED, 1)


def test_a_stop_while_it_waits_for_its_turn_gives_it_back(one):
    one.builds("old")
    one.life.proceed()
    one.life.ask(STOP)
    assert (one.state, one.turns.starting) == (State.STOPPED, set())
    one.goes_on()

    assert one.children == []


def test_a_stop_ends_the_wait_for_the_next_try(one):
    one.starts()
    one.dies(1)
    one.life.ask(STOP)
    one.passes(100)

    assert (one.state, len(one.children)) == (State.STOPPED, 1)


@pytest.mark.parametrize("wish", [RUN, PAUSE])
def test_what_was_stopped_starts_when_it_is_wanted_again(one, wish):
    one.serves()
    one.life.ask(STOP)
    one.dies(0)
    one.life.ask(wish)
    one.goes_on()

    assert (one.state, len(one.children)) == (State.STARTING, 2)
    assert one.life.situation.desired is wish.desired


def test_one_that_is_wanted_again_while_it_stops_starts_after_its_end(one):
    one.serves()
    one.life.ask(STOP)
    one.life.ask(RUN)
    assert (one.state, len(one.children)) == (State.STOPPING, 1)
    one.dies(0)

    assert (one.state, len(one.children)) == (State.STARTING, 2)


def test_a_pause_leaves_the_process_alone_and_closes_the_door(one):
    child = one.serves()
    assert one.life.report.open
    one.life.ask(PAUSE)

    assert (one.state, child.did) == (State.READY, [])
    assert one.life.report.serving
    assert not one.life.report.open


def test_a_restart_replaces_the_process_without_a_failure(one):
    one.serves()
    errors = one.works()
    one.life.restart()
    assert (one.state, one.reason) == (State.STOPPING, "restarted by an operator")
    assert [str(error) for error in errors] == ["its process is replaced"]
    one.dies(0)

    assert (one.state, len(one.children)) == (State.STARTING, 2)
    assert one.life.situation.failures == 0


def test_a_restart_of_what_waits_does_not_wait_and_forgets(one):
    one.starts()
    for _ in range(5):
        one.dies(1)
        one.passes(60)
    assert (one.state, one.life.situation.loops) == (State.CRASH_LOOP, 1)
    one.life.restart()
    one.goes_on()

    assert (one.state, one.life.situation.loops) == (State.STARTING, 0)
    assert "start" not in one.timers


def test_a_restart_of_what_was_stopped_runs_it(one):
    one.serves()
    one.life.ask(STOP)
    one.dies(0)
    one.life.restart()
    one.goes_on()

    assert (one.state, one.life.situation.desired) == (State.STARTING, Desired.RUN)


def test_a_restart_of_what_is_built_leaves_the_build_alone(one):
    one.life.happened(Building())
    one.life.restart()

    assert (one.state, one.asked) == (State.BUILDING, [])


# --- what is to be known


def test_trouble_makes_it_degraded_and_its_end_ready(one):
    one.serves()
    one.life.settled(Settled(None, trouble="the last resync failed: no such broker"))
    assert (one.state, one.reason) == (State.DEGRADED, "the last resync failed: no such broker")
    one.life.settled(Settled(None))

    assert (one.state, one.reason) == (State.READY, None)
    assert one.story[-2:] == ["DEGRADED", "READY"]


def test_trouble_outlives_the_process_it_was_had_in(one):
    one.serves()
    one.life.settled(Settled(None, trouble="the last resync failed"))
    one.dies(1)
    one.passes(1)
    one.greets()

    assert one.state is State.DEGRADED


def test_an_environment_that_cannot_be_built_makes_a_process_degraded(one):
    one.serves()
    one.in_use.building()
    one.life.building()
    assert (one.state, one.reason) == (State.READY, "building a new environment")
    one.in_use.unbuilt(NO_MATCH)
    one.life.unbuilt(NO_MATCH)

    assert one.state is State.DEGRADED
    assert one.reason == "the new environment could not be built: no version matches"


# --- without an environment


@pytest.mark.parametrize(("wait", "state"), [(20.0, State.BACKOFF), (None, State.BLOCKED)])
def test_without_any_environment_it_stays_down(one, wait, state):
    one.life.unbuilt(Unbuilt("the index is down", wait))

    assert (one.state, one.reason, one.delay) == (state, "the index is down", wait)


def test_with_the_environment_of_before_it_starts_in_that(one):
    one.serves("old")
    one.dies(78)
    one.life.happened(Building())
    one.life.unbuilt(Unbuilt("the index is down", 20.0))
    one.goes_on()

    assert (one.state, one.keys) == (State.STARTING, ["old", "old"])


# --- the end


def test_when_the_supervisor_ends_a_process_has_ten_seconds_and_no_successor(one):
    child = one.serves()
    errors = one.works()
    child.heard()
    one.loop.stopping.set()
    one.life.shut_down()
    assert (one.state, one.reason) == (State.STOPPING, None)
    assert child.heard() == [Shutdown(10)]
    assert [str(error) for error in errors] == ["the supervisor stops"]
    one.dies(0)

    assert (one.slot.session, len(one.children)) == (None, 1)
    assert one.loop.inbox.drain() == []


def test_a_turn_granted_for_nothing_starts_nothing(one):
    one.loop.inbox.put(Granted())
    one.goes_on()

    assert one.children == []


def test_an_environment_that_came_while_it_stopped_is_the_one_it_starts_in_again(one):
    one.serves("old")
    one.life.ask(STOP)
    one.builds("new")
    one.dies(0)
    assert one.state is State.STOPPED
    one.life.ask(RUN)
    one.goes_on()
    one.greets()

    assert (one.keys, one.in_use.next) == (["old", "new"], None)


def test_an_environment_that_came_while_it_made_way_is_the_one_it_starts_in_later(one):
    one.serves("old")
    one.life.make_way("its memory is 450 MiB", Cause.WORN)
    one.builds("new")
    one.dies(0)
    one.passes(1)
    one.greets()

    assert (one.keys, one.in_use.next) == (["old", "new"], None)
