import threading
from functools import partial
from operator import attrgetter

import pytest

from framework.logs.backlog import Backlog
from framework.logs.writer import Writer


class Shelf:
    """A sink: what each owner has; it may be shut, and owners' disks may be full."""

    def __init__(self):
        self.written = {}
        self.full = set()
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()

    def write(self, owner, lines):
        self.asked.set()
        assert self.open.wait(10)
        if owner in self.full:
            raise OSError(28, "No space left on device")
        while lines:
            self.written.setdefault(owner, []).append(lines.popleft().decode())


def missing(owner, count, reason):
    return f"{owner} misses {count}: {reason}".encode()


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def failures():
    return []


@pytest.fixture
def writer(shelf, failures):
    arrange = partial(sorted, key=attrgetter("owner"))
    writer = Writer(
        shelf,
        Backlog(200),
        missing,
        arrange,
        lambda owner, reason: failures.append((owner, reason)),
    )
    writer.start()
    yield writer
    shelf.open.set()
    writer.backlog.end()
    writer.join(10)


def finish(writer):
    writer.backlog.end()
    writer.join(10)
    assert not writer.is_alive()


def wait_for(writer, owner):
    """Wait until all that an owner has added has been looked at, by one whose turn is later."""
    done = threading.Event()
    writer.backlog.add(f"~{owner}", b".")
    while not done.wait(0.01):
        if f"~{owner}" in writer._sink.written:
            del writer._sink.written[f"~{owner}"]
            done.set()


def test_what_waits_is_written_before_the_end(writer, shelf):
    for number in range(9):
        writer.backlog.add("jira", b"%d" % number)
    finish(writer)
    assert shelf.written["jira"] == list("012345678")


def test_a_flood_loses_its_own_lines_and_says_where(writer, shelf):
    shelf.open.clear()
    writer.backlog.add("first", b"1")
    assert shelf.asked.wait(10)  # the writer is held up, everything else has to wait
    writer.backlog.share("kafka")
    for number in range(100):
        writer.backlog.add("jira", b"%010d" % number)
    for number in range(3):
        writer.backlog.add("kafka", b"%d" % number)
    shelf.open.set()
    wait_for(writer, "jira")
    writer.backlog.add("jira", b"calm")
    finish(writer)

    reason = "they came faster than they could be written"
    assert shelf.written["kafka"] == ["0", "1", "2"]
    *kept, told, calm = shelf.written["jira"]
    assert kept == [f"{number:010d}" for number in range(len(kept))]
    assert (told, calm) == (f"jira misses {100 - len(kept)}: {reason}", "calm")
    assert 0 < len(kept) < 20


def test_a_gap_between_lines_is_told_in_its_place(writer, shelf):
    shelf.open.clear()
    writer.backlog.add("jira", b"x" * 200)
    assert shelf.asked.wait(10)
    writer.backlog.add("jira", b"x" * 200)
    writer.backlog.add("jira", b"lost")
    shelf.open.set()
    wait_for(writer, "jira")
    finish(writer)
    assert [one[:13] for one in shelf.written["jira"]] == ["x" * 13, "x" * 13, "jira misses 1"]


def test_a_full_disk_costs_lines_and_is_told_once_it_works(writer, shelf, failures):
    shelf.full = {"jira"}
    for number in range(3):
        writer.backlog.add("jira", b"%d" % number)
        wait_for(writer, "jira")
    writer.backlog.add("kafka", b"fine")
    wait_for(writer, "kafka")
    assert failures == [("jira", "No space left on device")]
    assert writer.backlog.share("jira").failed == 3

    shelf.full = set()
    writer.backlog.add("jira", b"3")
    wait_for(writer, "jira")
    assert shelf.written == {
        "jira": ["jira misses 3: No space left on device", "3"],
        "kafka": ["fine"],
    }


def test_a_disk_that_is_full_again_is_told_again(writer, shelf, failures):
    for full in ({"jira"}, set(), {"jira"}):
        shelf.full = full
        writer.backlog.add("jira", b"1")
        wait_for(writer, "jira")
    assert len(failures) == 2


def test_a_failure_nobody_listens_to_is_counted(shelf):
    shelf.full = {"jira"}
    writer = Writer(shelf, Backlog(200), missing)
    writer.backlog.add("jira", b"1")
    writer.start()
    finish(writer)
    assert writer.backlog.share("jira").failed == 1
