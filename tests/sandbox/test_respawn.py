from threading import Event

from framework.sandbox.respawn import Pauses, keep_running


class Lives:
    """A process that ends at once, and asks for the stop after its last life."""

    def __init__(self, *lives):
        self.stop, self.reports = Event(), []
        self._lives = iter(lives)

    def live(self):
        reason = next(self._lives, None)
        if reason is None:
            self.stop.set()
            return "stopped"
        if isinstance(reason, OSError):
            raise reason
        return reason

    def keep_running(self, pauses):
        keep_running(self.live, lambda *report: self.reports.append(report), self.stop, pauses)
        return self.reports


def test_the_pause_doubles_up_to_the_longest():
    lives = Lives("a", "b", "c", "d")
    reports = lives.keep_running(Pauses(first=0.001, longest=0.003, steady=60))
    assert reports == [("a", 0.001), ("b", 0.002), ("c", 0.003), ("d", 0.003)]


def test_a_long_life_makes_it_forget_the_earlier_ones():
    lives = Lives("a", "b")
    reports = lives.keep_running(Pauses(first=0.001, longest=1, steady=-1))
    assert reports == [("a", 0.001), ("b", 0.001)]


def test_what_cannot_be_started_is_tried_again():
    lives = Lives(OSError(24, "Too many open files"), "a")
    reports = lives.keep_running(Pauses(first=0.001, longest=1, steady=60))
    assert [reason for reason, _ in reports] == ["could not be started: Too many open files", "a"]


def test_a_stop_ends_the_pause():
    lives = Lives()

    def report(reason, pause):
        lives.reports.append(reason)
        lives.stop.set()

    keep_running(lambda: "a", report, lives.stop, Pauses(first=60, longest=60, steady=60))
    assert lives.reports == ["a"]


def test_nothing_is_reported_of_an_end_that_was_asked_for():
    assert Lives().keep_running(Pauses(first=60, longest=60, steady=60)) == []
