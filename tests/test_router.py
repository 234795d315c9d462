from framework import router
from framework.events import Resync

NAMES = ["jira", "kafka"]


def test_an_event_for_nobody_concerns_everybody():
    assert router.concerned(Resync("e1", None, "start"), NAMES) == ("jira", "kafka")


def test_an_event_for_one_concerns_that_one():
    assert router.concerned(Resync("e1", "kafka", "asked for"), NAMES) == ("kafka",)


def test_an_event_for_a_stranger_concerns_no_one():
    assert router.concerned(Resync("e1", "github", "asked for"), NAMES) == ()
