import select
import threading

from framework.workers.inbox import Inbox


def readable(inbox: Inbox, seconds: float) -> bool:
    poll = select.poll()
    poll.register(inbox, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def test_an_item_wakes_whoever_waits():
    inbox = Inbox()
    threading.Timer(0.01, inbox.put, ["hello"]).start()

    assert readable(inbox, 5)
    assert inbox.drain() == ["hello"]


def test_draining_takes_everything_in_order_and_goes_quiet():
    inbox = Inbox()
    for item in range(5):
        inbox.put(item)

    assert inbox.drain() == [0, 1, 2, 3, 4]
    assert not readable(inbox, 0)
    assert inbox.drain() == []
