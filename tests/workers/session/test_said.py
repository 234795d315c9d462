import msgspec
import pytest

from framework.protocol.framing import Broken, Stray, Unknown
from framework.protocol.messages import Bye, Done, Failure, KindDone, Log, Page, Pong, StacksAnswer
from framework.workers.session import said

SECRET = "hunter2-hunter2"


def hide(text):
    return text.replace(SECRET, "***")


@pytest.mark.parametrize(
    "message",
    [
        Bye(SECRET),
        Log("info", f"by {SECRET}"),
        Stray(SECRET),
        Broken(f"no {SECRET}", None),
        StacksAnswer(1, f"File {SECRET}"),
        KindDone("d", "topic", 0, SECRET),
        Done("d", "failed", error=Failure("bug", f"no {SECRET}", f"Traceback {SECRET}")),
    ],
)
def test_every_text_of_a_process_is_masked(message):
    known = said.masked(message, hide)

    assert type(known) is type(message)
    assert SECRET not in repr(known)
    assert "***" in repr(known)


@pytest.mark.parametrize(
    "message",
    [Pong(1), Unknown("new"), Done("d", "ok"), Page("d", 1, "topic", 0, [msgspec.Raw(b"1")])],
)
def test_what_has_no_text_stays_as_it_is(message):
    assert said.masked(message, hide) is message


def test_only_so_much_of_a_text_is_searched_as_can_be_shown():
    known = said.masked(Bye("x" * (said.KEPT + 5)), hide)
    assert len(known.reason) == said.KEPT
