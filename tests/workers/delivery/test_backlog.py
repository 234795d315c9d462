from framework.events import Delivery, Resync
from framework.workers.delivery.backlog import Backlog


def delivery(name: str) -> Delivery:
    return Delivery(Resync(name, "jira", "test"), "jira")


def test_an_empty_backlog_is_not_due():
    assert not Backlog().due(now=0)


def test_a_waiting_delivery_absorbs_later_ones():
    backlog = Backlog()
    for name in "abc":
        backlog.add(delivery(name))

    first, absorbed = backlog.take()

    assert first == delivery("a")
    assert absorbed == [delivery("b"), delivery("c")]
    assert not backlog.due(now=0)


def test_what_goes_back_goes_before_what_came_later():
    backlog = Backlog()
    backlog.add(delivery("later"))

    backlog.put_back([delivery("earlier")])

    assert backlog.take() == (delivery("earlier"), [delivery("later")])


def test_a_failure_holds_everything_back_and_a_success_lets_it_go():
    backlog = Backlog()
    backlog.add(delivery("a"))

    assert backlog.failed(now=100) == 5
    assert not backlog.due(now=104)
    assert backlog.due(now=105)
    assert backlog.failed(now=105) == 10
    backlog.succeeded()
    assert backlog.due(now=105)


def test_a_delivery_that_comes_twice_waits_once():
    backlog = Backlog()
    for name in ("a", "b", "a"):
        backlog.add(delivery(name))

    assert backlog.take() == (delivery("a"), [delivery("b")])


def test_what_goes_back_and_came_again_meanwhile_waits_once_in_its_old_place():
    backlog = Backlog()
    backlog.add(delivery("later"))
    backlog.add(delivery("a"))
    backlog.put_back([delivery("a")])

    assert backlog.take() == (delivery("a"), [delivery("later")])
