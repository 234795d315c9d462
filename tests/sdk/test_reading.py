import asyncio

import pytest

from framework.errors import AuthError, ConfigError, FrameworkError, TransientError
from framework.protocol.messages import Done, Failure, KindDone, KindRequest, Page
from framework.sdk import reading


@pytest.fixture
def configured(integration):
    integration.configure({})
    return integration


def raising(error: BaseException):
    def handler(_):
        raise error

    return handler


def test_handlers_of_one_kind_run_in_their_order(configured, attempt, sent):
    configured.on_resync("issue")(lambda _: [{"id": 1}])
    configured.on_resync("issue")(lambda _: [{"id": 2}])
    assert reading.read([KindRequest("issue", 0)], configured, attempt) == Done("d", "ok", pages=1)
    assert [type(message) for message in sent] == [Page, KindDone]
    assert [bytes(item) for item in sent[0].items] == [b'{"id":1}', b'{"id":2}']


def test_a_kind_asked_for_twice_is_read_for_each_index(configured, attempt, sent):
    configured.on_resync("issue")(lambda resync: [{"index": resync.index}])
    reading.read([KindRequest("issue", 0), KindRequest("issue", 4)], configured, attempt)
    assert [(m.seq, m.index) for m in sent if isinstance(m, Page)] == [(1, 0), (2, 4)]
    assert [m.index for m in sent if isinstance(m, KindDone)] == [0, 4]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConfigError("no url"), "config"),
        (AuthError("401"), "auth"),
        (TransientError("5"), "transient"),
    ],
)
def test_an_error_made_for_authors_has_its_class_and_no_traceback(error, kind):
    assert reading.explain(error) == Failure(kind, str(error))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("x"), "KeyError: 'x'"),
        (FrameworkError("odd"), "framework.errors.FrameworkError: odd"),
        (ValueError("file \udc80"), r"ValueError: file \udc80"),
        (SystemExit(1), "SystemExit: 1"),
        (asyncio.CancelledError(), "asyncio.exceptions.CancelledError"),
    ],
)
def test_any_other_error_is_a_bug_with_its_traceback(configured, attempt, error, message):
    configured.on_resync("issue")(raising(error))
    done = reading.read([KindRequest("issue", 0)], configured, attempt)
    assert (done.outcome, done.error.kind) == ("failed", "bug")
    assert done.error.message == f"kind 'issue', resource 0: {message}"
    assert "in handler" in done.error.traceback


def test_an_interrupt_ends_the_process_not_the_kind(configured, attempt):
    configured.on_resync("issue")(raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        reading.read([KindRequest("issue", 0)], configured, attempt)


def test_messages_and_tracebacks_are_bounded():
    failure = reading.explain(ValueError("x" * 100_000))
    assert len(failure.message) == reading.MESSAGE_CHARACTERS
    assert len(failure.traceback) == reading.TRACEBACK_CHARACTERS


def test_the_first_failure_gives_the_class_and_all_are_named(configured, attempt):
    configured.on_resync("a")(raising(AuthError("401")))
    configured.on_resync("b")(raising(ConfigError("no url")))
    done = reading.read([KindRequest("a", 0), KindRequest("b", 1)], configured, attempt)
    assert done.error == Failure("auth", "kind 'a', resource 0: 401\nkind 'b', resource 1: no url")


def test_what_was_read_before_an_error_is_sent(configured, attempt, sent):
    @configured.on_resync("issue")
    def issues(_):
        yield {"id": 1}
        yield {"id": object()}

    reading.read([KindRequest("issue", 0)], configured, attempt)
    page, kind_done = sent
    assert [bytes(item) for item in page.items] == [b'{"id":1}']
    assert kind_done.error == "TypeError: Encoding objects of type object is unsupported"


def test_an_error_after_a_cancel_is_a_cancel(configured, attempt, sent):
    @configured.on_resync("issue")
    def issues(_):
        attempt.cancel()
        raise ValueError("connection closed")

    assert reading.read([KindRequest("issue", 0)], configured, attempt) == Done("d", "cancelled")
    assert sent == []


def test_a_cancelled_delivery_calls_no_further_handler(configured, attempt):
    ran = []
    configured.on_resync("issue")(lambda _: ran.append(1) or attempt.cancel() or [])
    configured.on_resync("issue")(lambda _: ran.append(2) or [])
    assert reading.read([KindRequest("issue", 0)], configured, attempt) == Done("d", "cancelled")
    assert ran == [1]
