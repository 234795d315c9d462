from framework.workers import lifecycle
from framework.workers.lifecycle import Situation, State


def replay(*history: tuple[float, str]) -> Situation:
    situation = Situation()
    for now, event in history:
        match event:
            case "dies":
                situation = lifecycle.failed(situation, "exit status 1", now)
            case "blocks":
                situation = lifecycle.blocked(situation, "no such broker", now)
            case state:
                situation = lifecycle.entered(situation, State(state), now)
    return situation


def test_a_death_is_followed_by_a_wait_with_its_reason():
    situation = replay((0, "BUILDING"), (1, "STARTING"), (2, "dies"))

    assert situation.state is State.BACKOFF
    assert situation.reason == "exit status 1"
    assert situation.retry_at == 3


def test_each_death_in_a_row_doubles_the_wait():
    situation = replay((0, "dies"), (1, "STARTING"), (2, "dies"), (4, "STARTING"), (5, "dies"))

    assert situation.retry_at == 9


def test_reaching_ready_does_not_yet_forget_earlier_deaths():
    situation = replay((0, "dies"), (1, "STARTING"), (2, "READY"), (61, "dies"))

    assert situation.failures == 2


def test_a_minute_of_ready_forgets_earlier_deaths():
    situation = replay((0, "dies"), (1, "dies"), (2, "STARTING"), (3, "READY"), (63, "dies"))

    assert situation.failures == 1


def test_blocked_has_no_next_start():
    situation = replay((0, "STARTING"), (1, "blocks"))

    assert situation.reason == "no such broker"
    assert situation.retry_at is None


def test_a_build_that_may_work_later_is_waited_for_without_counting_as_a_death():
    situation = lifecycle.waiting(replay((0, "dies")), "the index is down", 5, 10)

    assert (situation.state, situation.reason) == (State.BACKOFF, "the index is down")
    assert (situation.failures, situation.retry_at) == (1, 15)


def test_a_remark_leaves_the_state_as_old_as_it_is():
    situation = lifecycle.remarked(replay((1, "READY")), "building a new environment")

    assert (situation.since, situation.reason) == (1, "building a new environment")


def test_another_environment_begins_without_deaths():
    assert lifecycle.renewed(replay((0, "dies"), (1, "dies"))).failures == 0
