"""The policy, by replaying histories: no processes, no sleeping, the clock is a number."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec import structs

from framework.journal import Desired
from framework.workers import lifecycle
from framework.workers.lifecycle import after, may_start
from framework.workers.states import (
    ALIVE,
    FAILED,
    RETRYING,
    SERVING,
    Asked,
    Building,
    Cause,
    Ended,
    Ending,
    Over,
    Queued,
    Remarked,
    Renewed,
    Served,
    Situation,
    Spawned,
    State,
    Unbuilt,
    Unwanted,
)

CRASH = Ended("exit status 1", Cause.CRASHED)


class Replay:
    """One integration on a clock that only moves when it is told to."""

    def __init__(self):
        self.now = 100.0
        self.situation = Situation()

    def happens(self, *happenings, chance=1.0):
        for happening in happenings:
            self.situation = after(self.situation, happening, self.now, chance)
        return self.situation

    def passes(self, seconds):
        self.now += seconds

    def starts(self):
        return self.happens(Queued(), Spawned())

    def serves(self, seconds=0.0):
        self.starts()
        self.happens(Served())
        self.passes(seconds)

    def crashes(self, times=1, chance=1.0):
        """Start when it is time, and crash at once; return the delays."""
        delays = []
        for _ in range(times):
            self.passes(self.delay)
            self.starts()
            self.happens(CRASH, chance=chance)
            delays.append(self.delay)
        return delays

    @property
    def delay(self):
        retry_at = self.situation.retry_at
        return 0.0 if retry_at is None else retry_at - self.now

    @property
    def state(self):
        return self.situation.state


@pytest.fixture
def one():
    return Replay()


def test_an_undisturbed_life(one):
    assert one.state is State.PENDING
    assert one.happens(Building()).state is State.BUILDING
    assert one.happens(Queued()).reason == "waits for its turn to start"
    assert one.happens(Spawned()).state is State.STARTING
    assert one.happens(Served()) == Situation(State.READY, since=100.0, served_since=100.0)
    assert one.happens(Ending(None)).state is State.STOPPING
    assert one.happens(Over()).state is State.STOPPED


def test_delays_double_until_it_is_a_crash_loop_which_is_slow_and_goes_on(one):
    assert one.crashes(4) == [1, 2, 4, 8]
    assert one.state is State.BACKOFF
    assert one.crashes(5) == [300, 600, 1200, 1800, 1800]
    assert one.state is State.CRASH_LOOP
    assert one.situation.reason == "exit status 1"


def test_failures_that_are_far_apart_are_no_crash_loop(one):
    for _ in range(20):
        one.serves(30)
        one.happens(CRASH)
        one.passes(150)
    assert one.state is State.BACKOFF
    assert one.situation.failures == 20


def test_delays_end_at_a_minute_as_long_as_it_is_no_crash_loop(one):
    delays = []
    for _ in range(8):
        one.starts()
        one.happens(Ended("exit status 75", Cause.TEMPORARY))
        delays.append(one.delay)
        one.passes(one.delay)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    assert one.state is State.BACKOFF


def test_a_minute_of_service_makes_up_for_earlier_failures(one):
    one.crashes(6)
    one.passes(one.delay)
    one.serves(59.9)
    assert one.happens(CRASH).state is State.CRASH_LOOP

    one.passes(one.delay)
    one.serves(60)
    assert one.happens(CRASH).state is State.BACKOFF
    assert one.delay == 1


def test_a_degraded_minute_counts_as_service(one):
    one.crashes(3)
    one.passes(one.delay)
    one.serves(20)
    one.happens(Remarked("the last resync failed", None))
    one.passes(40)
    one.happens(CRASH)
    assert one.delay == 1


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_chance_spreads_the_delays_over_their_second_half(one, chance, delay):
    assert one.crashes(chance=chance) == [delay]


def test_what_is_hopeless_waits_for_a_person(one):
    one.starts()
    one.happens(Ended("exit status 78", Cause.HOPELESS))

    assert (one.state, one.situation.reason, one.delay) == (State.BLOCKED, "exit status 78", 0)
    assert not may_start(one.situation, one.now + 1e9)


def test_a_machine_that_is_short_of_something_is_no_failure_of_the_integration(one):
    for _ in range(10):
        one.happens(Queued(), Ended("no more open files", Cause.MACHINE))
        assert (one.state, one.delay) == (State.BACKOFF, 10)
        one.passes(10)
    assert one.crashes() == [1]


@pytest.mark.parametrize(("wait", "state"), [(40.0, State.BACKOFF), (None, State.BLOCKED)])
def test_without_an_environment_it_waits(one, wait, state):
    one.happens(Building(), Unbuilt("the index is down", wait))

    assert (one.state, one.situation.reason) == (state, "the index is down")
    assert one.delay == (wait or 0)


def test_what_has_grown_too_large_starts_again_at_once_unless_it_does_so_all_the_time(one):
    one.serves(60)
    one.happens(Ending("its memory"))
    assert one.happens(Ended("its memory", Cause.WORN)).state is State.PENDING

    one.serves(1)
    one.happens(Ending("its memory"))
    assert one.happens(Ended("its memory", Cause.WORN)).state is State.BACKOFF


def test_trouble_makes_it_degraded_and_its_end_ready(one):
    one.serves(5)
    troubled = one.happens(Remarked("the last resync failed", None))
    assert (troubled.state, troubled.reason) == (State.DEGRADED, "the last resync failed")
    assert troubled.since == one.now

    one.passes(5)
    assert one.happens(Remarked("another reason", None)).since == troubled.since
    ready = one.happens(Remarked(None, "a new environment is being built"))
    assert (ready.state, ready.reason) == (State.READY, "a new environment is being built")


def test_what_is_told_of_a_process_that_does_not_serve_is_not_its_state(one):
    one.starts()
    assert one.happens(Remarked("trouble", None)).state is State.STARTING


# --- what operators want


def test_a_stop_wins_over_a_crash(one):
    one.serves(5)
    one.happens(Asked(Desired.STOP))
    assert one.state is State.READY  # until its process is told to end
    one.happens(Ending("stopped by an operator"), CRASH)
    assert (one.state, one.situation.reason, one.delay) == (State.STOPPED, None, 0)


def test_a_stop_during_a_build_waits_for_its_end(one):
    one.happens(Building(), Asked(Desired.STOP))
    assert (one.state, one.situation.reason) == (State.STOPPING, "its build is being ended")
    one.happens(Unwanted())

    assert (one.state, one.situation.reason) == (State.STOPPED, None)


def test_one_that_is_wanted_again_while_its_build_is_being_ended_begins_anew(one):
    one.happens(Building(), Asked(Desired.STOP), Asked(Desired.RUN))
    assert one.state is State.STOPPING
    one.happens(Unwanted())

    assert one.state is State.PENDING


@pytest.mark.parametrize(
    "history",
    [[], [Queued()], [Queued(), Spawned(), CRASH], [Unbuilt("no", None)]],
)
def test_what_is_stopped_without_a_process_stays_down_whatever_comes(one, history):
    one.happens(*history, Asked(Desired.STOP))
    assert one.state is State.STOPPED
    for late in (
        Building(),
        Unwanted(),
        Queued(),
        Unbuilt("no", 1.0),
        Unbuilt("no", None),
        Remarked("x", None),
    ):
        assert one.happens(late).state is State.STOPPED
    assert not may_start(one.situation, one.now + 1e9)


def test_a_start_after_a_stop_begins_anew(one):
    one.crashes(6)
    one.happens(Asked(Desired.STOP), Asked(Desired.RUN))

    assert one.state is State.PENDING
    assert one.crashes() == [1]


@pytest.mark.parametrize("cause", [Cause.CRASHED, Cause.HOPELESS])
def test_a_new_try_does_not_wait_and_forgets_failures(one, cause):
    one.crashes(5)
    one.passes(one.delay)
    one.starts()
    one.happens(Ended("it failed", cause), Renewed())

    assert one.state is State.PENDING
    assert may_start(one.situation, one.now)
    assert one.crashes() == [1]


def test_a_new_try_of_what_serves_only_forgets(one):
    one.crashes(3)
    one.passes(one.delay)
    one.serves(1)
    assert one.happens(Renewed()).state is State.READY
    assert one.situation.failures == 0


def test_a_pause_leaves_the_process_alone(one):
    one.serves(5)
    paused = one.happens(Asked(Desired.PAUSE))
    assert (paused.state, paused.desired) == (State.READY, Desired.PAUSE)
    one.happens(CRASH)
    assert one.state is State.BACKOFF


# --- whatever the history

SECONDS = some.floats(0, 4000)
CHANCES = some.floats(0, 1)
ENDS = some.sampled_from([*Cause])
STEPS = some.lists(
    some.tuples(
        some.one_of(
            some.sampled_from(
                [Renewed(), Building(), Queued(), Spawned(), Served(), Ending("told"), Over()]
            ),
            some.builds(Asked, some.sampled_from([*Desired])),
            some.builds(Ended, some.just("it ended"), ENDS),
            some.builds(Remarked, some.sampled_from([None, "trouble"]), some.none()),
            some.builds(Unbuilt, some.just("unbuilt"), some.none() | some.floats(10, 600)),
        ),
        SECONDS,
        CHANCES,
    ),
    max_size=20,
)


POSSIBLE = {
    Spawned: may_start,
    Queued: may_start,
    Served: lambda situation, _: situation.state is State.STARTING,
    Ended: lambda situation, _: situation.state in ALIVE,
    Ending: lambda situation, _: situation.state in ALIVE,
    Building: lambda situation, _: situation.state not in ALIVE and not situation.retry_at,
    Unbuilt: lambda situation, _: situation.state not in ALIVE and not situation.retry_at,
    Over: lambda *_: False,
}
ALWAYS = (Asked, Renewed, Remarked)


def possible(situation, happening, now):
    """Tell whether the owner would let this happen in that situation."""
    if happening == Ended("it ended", Cause.MACHINE):  # in the place of `Spawned`
        return may_start(situation, now)
    return isinstance(happening, ALWAYS) or POSSIBLE[type(happening)](situation, now)


@settings(max_examples=1500, deadline=None)
@given(STEPS)
def test_whatever_happens_its_promises_hold(steps):
    situation, now = Situation(), 0.0
    for happening, seconds, chance in steps:
        now += seconds
        if not possible(situation, happening, now):
            continue
        before, situation = situation, after(situation, happening, now, chance)
        assert within_bounds(before, situation, happening, now)
        assert never_for_ever(situation, now)
        assert stopped_stays_down(before, situation, now)
        assert failures_have_a_reason(situation)


def within_bounds(before, situation, happening, now):
    if situation.retry_at is None or situation is before:
        return True
    wait = situation.retry_at - now
    if situation.retry_at == before.retry_at:
        return True
    if isinstance(happening, Unbuilt):
        return wait == pytest.approx(happening.wait)
    if situation.state is State.CRASH_LOOP:
        return 150 - lifecycle.TICK <= wait <= 1800 + lifecycle.TICK
    return 0.5 - lifecycle.TICK <= wait <= 60 + lifecycle.TICK


def never_for_ever(situation, now):
    """A process that failed is started again some time, unless a person is needed."""
    if situation.state not in RETRYING:
        return True
    later = situation.retry_at
    return later is not None and may_start(situation, later) and later - now <= 1801


def stopped_stays_down(before, situation, now):
    if situation.desired is not Desired.STOP:
        return True
    begun = situation.state is State.STARTING and before.state is not State.STARTING
    return not begun and not may_start(situation, now + 1e9)


def failures_have_a_reason(situation):
    return bool(situation.reason) or situation.state not in {*FAILED, State.DEGRADED}


def test_serving_and_failing_exclude_each_other():
    assert not {*SERVING} & {*FAILED}


def test_a_situation_is_a_value():
    situation = Situation()
    after(situation, Building(), 1.0)
    assert situation == structs.replace(situation)
    assert situation.state is State.PENDING
