from pathlib import Path

import pytest

from framework.environments import Environment
from framework.environments.installed.current import Bad, Current
from framework.workers.environment import rollout
from framework.workers.environment.rollout import Rollout
from framework.workers.notes import Built
from framework.workers.session.exits import Exit
from framework.workers.states import Cause

CRASH = Exit("exit status 1: No module named 'boto3'")
LATE = Exit("no `ready` within 60 s of its start", late=True)
BLOCKS = Exit("exit status 78: msgspec 0.17 is too old", Cause.HOPELESS)


def environment(key: str) -> Environment:
    return Environment(key, Path("/envs", key), Path("/envs/sdk"))


def built(key: str) -> Built:
    return Built(environment(key), f"inputs of {key}")


def lead_to(known: Rollout, built: Built, now: float) -> Rollout:
    if rollout.replaces(known, built):
        return rollout.succeeded(known, built, now)
    return rollout.confirmed(known, built)


def replay(*history: tuple[float, str | Exit], start: Rollout | None = None) -> Rollout:
    """A key is built and taken into use; an end is an end; other words are what they say."""
    known = start or Rollout()
    for now, event in history:
        match event:
            case Exit():
                known = rollout.ended(known, event, now)
            case "ready":
                known = rollout.served(known)
            case "builds":
                known = rollout.building(known)
            case "fails":
                known = rollout.unbuilt(known, "no version matches")
            case key:
                known = lead_to(known, built(key), now)
    return known


def test_the_first_environment_has_none_to_go_back_to():
    known = replay((1, "old"), (2, LATE), (3, CRASH), (4, CRASH), (5, CRASH))

    assert known.current == Current(environment("old"), None, 1)


def test_a_change_keeps_the_environment_before_it():
    known = replay((1, "old"), (400, "builds"), (500, "new"))

    assert known.current == Current(environment("new"), environment("old"), 500)
    assert known.remark is None


def test_what_goes_on_is_told():
    assert replay((1, "old"), (2, "builds")).remark == "building a new environment"
    remark = "the new environment could not be built: no version matches"
    assert replay((1, "old"), (2, "builds"), (3, "fails")).remark == remark


def test_inputs_that_lead_to_the_environment_in_use_change_nothing():
    known = replay((1, "old"), (2, "builds"), (3, "fails"), (4, "builds"), (5, "old"))

    assert known.current == Current(environment("old"), None, 1)
    assert known.remark is None


@pytest.mark.parametrize("end", [LATE, BLOCKS])
def test_a_new_environment_in_which_nothing_gets_ready_is_given_up_at_once(end):
    known = replay((1, "old"), (400, "new"), (460, end))

    bad = Bad("new", "inputs of new", end.reason)
    assert known.current == Current(environment("old"), None, 460, bad)
    assert known.remark == f"the new environment new is not used: {end.reason}"


def test_three_crashes_in_the_first_minutes_lead_back():
    known = replay((1, "old"), (400, "new"), (401, CRASH), (403, CRASH))
    assert known.current.environment == environment("new")

    known = replay((699, CRASH), start=known)
    assert known.current.environment == environment("old")
    assert known.current.bad is not None
    assert known.current.bad.reason == (
        "3 ends in its first 5 minutes, the last: exit status 1: No module named 'boto3'"
    )


def test_after_the_first_minutes_a_crash_is_only_a_crash():
    known = replay((1, "old"), (400, "new"), (401, CRASH), (402, CRASH), (700, CRASH), (701, LATE))

    assert known.current == Current(environment("new"), environment("old"), 400)


def test_after_going_back_there_is_no_further_back():
    known = replay((1, "old"), (400, "new"), (460, LATE), (461, LATE), (462, LATE))

    assert known.current.environment == environment("old")


def test_a_bad_environment_is_refused_until_its_inputs_change():
    known = replay((1, "old"), (400, "new"), (460, LATE))
    assert rollout.refuses(known, built("new"))
    assert not rollout.refuses(known, built("newer"))
    assert not rollout.refuses(known, Built(environment("new"), "other inputs"))

    remark = "the new environment new is not used: no `ready` within 60 s of its start"
    assert rollout.refused(replay((500, "builds"), start=known)).remark == remark


def test_what_follows_a_bad_environment_can_go_back_to_the_good_one():
    known = replay((1, "old"), (400, "new"), (460, LATE), (500, "newer"))

    assert known.current == Current(environment("newer"), environment("old"), 500)


def test_going_back_outlives_the_supervisor():
    noted = replay((1, "old"), (400, "new"), (460, LATE)).current
    known = rollout.resumed(noted)

    assert (
        known.remark == "the new environment new is not used: no `ready` within 60 s of its start"
    )
    assert rollout.refuses(known, built("new"))


def test_a_probation_that_began_in_the_future_is_over():
    known = replay((100_000, "old"), (100_500, "new"), (400, CRASH), (401, CRASH), (402, LATE))

    assert known.current.environment == environment("new")  # the clock was set back


def test_a_probation_outlives_the_supervisor():
    noted = replay((1, "old"), (400, "new")).current
    known = replay((410, "new"), (470, LATE), start=rollout.resumed(noted))

    assert known.current.environment == environment("old")
    assert known.current.bad is not None
    assert known.current.bad.fingerprint == "inputs of new"


def test_a_change_before_a_new_environment_served_can_go_back_to_the_one_that_did():
    known = replay((1, "old"), (2, "ready"), (400, "new"), (410, "newer"))

    assert known.current.previous == environment("old")


def test_a_change_right_after_a_new_environment_served_can_go_back_to_that_one():
    known = replay((1, "old"), (2, "ready"), (400, "new"), (401, "ready"), (410, "newer"))

    assert known.current.previous == environment("new")


def test_an_environment_that_crashed_in_its_first_minutes_is_not_gone_back_to():
    history = [(1, "old"), (2, "ready"), (400, "new"), (401, "ready"), (402, CRASH)]

    assert replay(*history, (410, "newer")).current.previous == environment("old")
    assert replay(*history, (800, "newer")).current.previous == environment("new")


def test_inputs_that_are_taken_back_lead_back_without_a_further_back():
    known = replay((1, "old"), (400, "new"), (410, "old"))

    assert known.current == Current(environment("old"), None, 410)


def test_inputs_that_are_taken_back_after_a_bad_environment_lift_the_mark():
    known = replay((1, "old"), (400, "new"), (460, LATE), (500, "old"))

    assert (known.current.bad, known.remark) == (None, None)


def test_when_the_environment_in_use_is_gone_the_previous_one_takes_its_place():
    known = replay((1, "old"), (400, "new"), (900, "fails"))
    known = rollout.fallen_back(known, environment("old"), 901)

    assert known.current == Current(environment("old"), None, 901)
    assert known.remark == "the new environment could not be built: no version matches"
