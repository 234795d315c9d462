import resource

import pytest

from framework.protocol.messages import Bye, Ping, Ready
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
        one.slot.start(one.shelf.environment("old"), lambda: None)

    child = one.children[0]
    assert (child.did, child.pidfd) == (["kill"], -1)
    assert (one.slot.session, one.slot.pid) == (None, None)


def test_what_it_says_and_is_to_be_told_goes_through_its_session(one):
    child = one.starts()
    child.heard()

    assert one.slot.hear(1, Ready())
    assert not one.slot.hear(1, Bye("stdin ended"))
    one.slot.send(1, Ping(9))
    assert child.heard() == [Ping(1), Ping(9)]


@pytest.mark.parametrize(("kill", "number"), [("kill", 1), ("kill_pid", 4000)])
def test_it_is_ended_at_once_for_what_it_did(one, kill, number):
    child = one.serves()
    getattr(one.slot, kill)(number, "it broke a rule")

    assert child.did == ["kill"]
    assert one.slot.bury().reason == "it broke a rule"


def test_it_is_ended_step_by_step_for_what_it_did_not_do(one):
    child = one.serves()
    one.slot.give_up(1, "it did not answer `cancel`")
    one.passes(1)
    one.passes(5)

    assert child.did == ["stop", "kill"]


def test_what_is_about_an_earlier_process_is_dropped(one):
    one.starts()
    one.dies(1)
    one.passes(1)
    child = one.children[-1]
    child.heard()

    assert not one.slot.hear(1, Ready())
    one.slot.send(1, Ping(9))
    one.slot.kill(1, "late")
    one.slot.kill_pid(4000, "late")
    one.slot.give_up(1, "late")
    assert (child.did, child.heard()) == ([], [])


def test_room_in_its_stdin_is_waited_for_only_while_something_is_to_be_written(one):
    process, child = one.slot, one.serves()
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
    process = one.slot
    one.serves()
    process.session.send(Bye("x" * PLENTY))
    process.watch()
    one.dies(1)

    assert {one.loop.inbox} == {key.fileobj for key in one.loop.selector.get_map().values()}


def test_without_a_process_nothing_is_watched(one):
    one.slot.watch()

    assert one.slot.pid is None


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
    assert (
        "processes that it left behind are looked for later: Too many open files" in caplog.messages
    )

    swept = []
    monkeypatch.setattr(slot, "sweep", lambda marker: swept.append(marker) or 1)
    one.passes(1)
    assert swept == ["test/jira"]
    assert one.state is State.STARTING
    assert "1 processes that it left behind were killed" in caplog.messages


def test_a_dead_process_that_a_debugger_holds_back_is_buried_once_it_lets_go(one):
    child = one.serves()
    child.reapable = False
    one.dies()
    one.passes(slot.TRACED_SECONDS)
    assert (one.slot.pid, one.state) == (child.pid, State.READY)

    child.reapable = True
    one.dies()
    assert one.slot.session is None
    assert one.state is State.BACKOFF
