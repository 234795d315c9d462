from framework.workers.timers import Timers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_is_until_the_next_timer():
    timers = Timers(Clock())
    timers.set("late", 30, lambda: None)
    timers.set("soon", 5, lambda: None)

    assert timers.wait(60) == 5
    assert timers.wait(1) == 1


def test_a_due_timer_runs_once():
    clock, ran = Clock(), []
    timers = Timers(clock)
    timers.set("a", 5, lambda: ran.append("a"))

    clock.now = 5
    timers.run_due()
    timers.run_due()

    assert ran == ["a"]
    assert timers.wait(60) == 60


def test_setting_a_name_again_replaces_it_and_clearing_forgets_it():
    clock, ran = Clock(), []
    timers = Timers(clock)
    timers.set("a", 5, lambda: ran.append("first"))
    timers.set("a", 10, lambda: ran.append("second"))
    timers.set("b", 1, lambda: ran.append("cleared"))
    timers.clear("b", "unknown")

    clock.now = 7
    timers.run_due()
    assert ran == []

    clock.now = 10
    timers.run_due()
    assert ran == ["second"]


def test_a_timer_may_set_itself_again_and_clear_its_neighbour():
    clock, ran = Clock(), []
    timers = Timers(clock)

    def again() -> None:
        ran.append("a")
        timers.clear("b")
        timers.set("a", 1, again)

    timers.set("a", 1, again)
    timers.set("b", 1, lambda: ran.append("b"))
    clock.now = 1
    timers.run_due()

    assert ran == ["a"]
    assert timers.wait(60) == 1


def test_a_timer_is_known_until_it_ran():
    clock = Clock()
    timers = Timers(clock)
    timers.set("soon", 5, lambda: None)
    assert "soon" in timers
    clock.now = 5
    timers.run_due()

    assert "soon" not in timers
