from framework.workers.environment import tries
from framework.workers.environment.tries import Tries


def replay(*history: tuple[float, str, str]) -> Tries:
    known = Tries()
    for now, outcome, fingerprint in history:
        if outcome == "fails":
            known = tries.failed(known, fingerprint, now)
        else:
            known = tries.settled(fingerprint)
    return known


def test_inputs_never_seen_are_due():
    assert tries.due(Tries(), "a", 0)


def test_inputs_that_are_settled_are_due_only_once_they_change():
    known = replay((0, "settled", "a"))

    assert not tries.due(known, "a", 10_000)
    assert tries.due(known, "b", 0)
    assert tries.wait(known, 0, 5) == 5


def test_a_failure_is_due_again_after_ten_seconds():
    known = replay((0, "fails", "a"))

    assert not tries.due(known, "a", 9)
    assert tries.due(known, "a", 10)
    assert (tries.wait(known, 0, 60), tries.wait(known, 9, 5), tries.wait(known, 11, 5)) == (
        10,
        1,
        0,
    )


def test_each_failure_in_a_row_doubles_the_wait_up_to_ten_minutes():
    history = [(0, "fails", "a")] * 2
    assert replay(*history).retry_at == 20
    assert replay(*history * 10).retry_at == 600


def test_other_inputs_are_tried_at_once_and_begin_anew():
    known = replay(*[(0, "fails", "a")] * 5)
    assert tries.due(known, "b", 0)

    assert replay(*[(0, "fails", "a")] * 5, (0, "fails", "b")).retry_at == 10
