import resource

import pytest

from framework.protocol.messages import Bye, Ping, Ready
from framework.workers.notes import Hung, Kill, Overgrown, Said, Send
from framework.workers.session import slot
from framework.workers.states import State

PLENTY = 200_000  # bytes, more than a pipe holds


class Files:
    """How many files this process may have open."""

    def __init__(self):
        self.before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def none(self):
        """Let nothing be opened any more."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, self.before[1]))

    def enough(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, self.before)


@pytest.fixture
def files():
    files = Files()
    yield files
    files.enough()


def test_a_process_that_too_few_files_are_left_for_is_killed(one, files):
    one.began = files.none
    with pytest.raises(OSError, match="Too many open files"):
        one.life.slot.start(one.shelf.environment("old"), lambda: None)

    child = one.children[0]
    assert (child.did, child.pidfd) == (["kill"], -1)
    assert (one.life.slot.session, one.life.slot.pid) == (None, None)


def test_what_it_says_and_is_to_be_told_goes_through_its_session(one):
    process, child = one.life.slot, one.starts()
    child.heard()

    assert process.take(Said(1, Ready()))
    assert not process.take(Said(1, Bye("stdin ended")))
    assert not process.take(Send(1, Ping(9)))
    assert child.heard() == [Ping(1), Ping(9)]


@pytest.mark.parametrize("note", [Kill(1, "it broke a rule"), Overgrown(4000, "its memory")])
def test_it_is_ended_at_once_for_what_it_did(one, note):
    child = one.serves()
    one.life.slot.take(note)

    assert child.did == ["kill"]
    assert one.life.slot.bury().reason == note.reason


def test_it_is_ended_step_by_step_for_what_it_did_not_do(one):
    child = one.serves()
    one.life.slot.take(Hung(1, "it did not answer `cancel`"))
    one.passes(1)
    one.passes(5)

    assert child.did == ["stop", "kill"]


@pytest.mark.parametrize("note", [Said(1, Ready()), Kill(1, "late"), Send(1, Ping(9))])
def test_what_is_about_an_earlier_process_is_dropped(one, note):
    one.starts()
    one.dies(1)
    one.passes(1)
    child = one.children[-1]
    child.heard()

    assert not one.life.slot.take(note)
    assert (child.did, child.heard()) == ([], [])


def test_room_in_its_stdin_is_waited_for_only_while_something_is_to_be_written(one):
    process, child = one.life.slot, one.serves()
    watched = lambda: process.session.stdin in one.loop.selector.get_map()  # noqa: E731 - a look
    process.watch()
    assert not watched()
    process.session.send(Bye("x" * PLENTY))
    process.watch()
    assert watched()
    while process.session.writing:
        child.heard()
        one.loop.wait()
    process.watch()

    assert not watched()


def test_one_that_dies_while_bytes_wait_for_it_is_forgotten_altogether(one):
    process = one.life.slot
    one.serves()
    process.session.send(Bye("x" * PLENTY))
    process.watch()
    one.dies(1)

    assert {one.loop.inbox} == {key.fileobj for key in one.loop.selector.get_map().values()}


def test_without_a_process_nothing_is_watched(one):
    one.life.slot.watch()

    assert one.life.slot.pid is None


def test_what_it_left_behind_is_killed_and_counted(one, monkeypatch, caplog):
    monkeypatch.setattr(slot, "sweep", lambda marker: {"test/jira": 2}[marker])
    one.serves()
    one.dies(1)

    assert "2 processes that it left behind were killed" in caplog.messages


def test_what_it_left_behind_is_looked_for_later_while_there_is_no_open_file_left(
    one, files, monkeypatch, caplog
):
    one.serves()
    files.none()
    one.dies(1)
    files.enough()
    assert one.state is State.BACKOFF
    assert "what it left behind is looked for later: Too many open files" in caplog.messages

    swept = []
    monkeypatch.setattr(slot, "sweep", lambda marker: swept.append(marker) or 1)
    one.passes(1)
    assert swept == ["test/jira"]
    assert one.state is State.STARTING
    assert "1 processes that it left behind were killed" in caplog.messages
