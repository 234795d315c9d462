import asyncio
import threading

import msgspec
import pytest

from framework.protocol.messages import (
    Bye,
    Cancel,
    Configure,
    Done,
    Failure,
    IntegrationHello,
    KindDone,
    Log,
    Page,
    Ping,
    Pong,
    Shutdown,
    Stacks,
    StacksAnswer,
    SupervisorHello,
)


def test_hello_names_the_protocol_the_type_and_the_kinds(integration, peer):
    integration.on_resync("issue")(list)
    peer.greet()
    (hello,) = peer.of(IntegrationHello)
    assert (hello.protocol, hello.name, hello.kinds) == (1, "jira", ["issue"])
    assert msgspec.__version__ in hello.sdk
    assert hello.capabilities == ["stacks"]


def test_no_common_protocol_version_ends_with_bye_and_exit_78(peer):
    peer.send(SupervisorHello([7], "0", "session"))
    assert peer.until(Bye) == Bye("the sdk speaks protocol 1, the supervisor speaks [7]", 78)
    assert peer.code() == 78


def test_pages_kind_done_and_done_answer_a_resync(integration, peer):
    integration.on_resync("issue")(lambda _: [{"id": 1}, {"id": 2}])
    peer.greet()
    peer.ask("issue")
    assert peer.finish() == Done("d", "ok", pages=1)
    assert peer.items("issue") == [{"id": 1}, {"id": 2}]
    assert peer.of(KindDone) == [KindDone("d", "issue", 0)]


def test_a_handler_sees_its_configuration_kind_index_and_selector(integration, peer):
    seen = []

    @integration.on_resync("issue")
    def issues(resync):
        seen.append((resync.config, resync.kind, resync.index, resync.selector))
        seen.append(integration.config)
        return []

    peer.greet(config={"url": "u"})
    peer.ask("issue", selector='{"query": "true"}')
    peer.finish()
    assert seen == [({"url": "u"}, "issue", 0, {"query": "true"}), {"url": "u"}]


def test_the_window_stops_at_eight_pages_until_an_ack(integration, peer):
    integration.on_resync("issue")(lambda _: [{"id": n} for n in range(2_000)])
    peer.greet()
    peer.ask("issue")
    peer.until(Page, where=lambda page: page.seq == 8)
    assert peer.silent(0.2)
    peer.ack(2)
    peer.until(Page, where=lambda page: page.seq == 10)
    assert peer.silent(0.2)
    peer.ack(10)
    assert peer.finish() == Done("d", "ok", pages=20)
    assert [page.seq for page in peer.of(Page)] == list(range(1, 21))


def test_a_kind_that_fails_half_way_leaves_the_others(integration, peer):
    @integration.on_resync("broken")
    def broken(_):
        yield {"id": 1}
        raise ValueError("no more")

    integration.on_resync("whole")(lambda _: [{"id": 2}])
    peer.greet()
    peer.ask("broken", "whole")
    done = peer.finish()
    assert peer.of(KindDone) == [
        KindDone("d", "broken", 0, "ValueError: no more"),
        KindDone("d", "whole", 1),
    ]
    assert (peer.items("broken"), peer.items("whole")) == ([{"id": 1}], [{"id": 2}])
    assert (done.outcome, done.error.kind) == ("failed", "bug")


def test_a_busy_handler_does_not_keep_a_ping_waiting(integration, peer):
    release = threading.Event()

    @integration.on_resync("slow")
    def slow(_):
        integration.log.info("busy")
        release.wait(30)
        return []

    peer.greet()
    peer.ask("slow")
    peer.until(Log)
    peer.send(Ping(7))
    pong = peer.until(Pong)
    release.set()
    assert (pong.n, pong.in_flight, pong.oldest_seconds > 0) == (7, 1, True)
    peer.finish()
    peer.send(Ping(8))
    assert peer.until(Pong) == Pong(8)


def test_stacks_are_answered_while_a_handler_is_stuck_and_the_window_is_full(integration, peer):
    @integration.on_resync("issue")
    def issues(_):
        while True:
            yield [{"id": n} for n in range(100)]

    peer.greet()
    peer.ask("issue")
    peer.until(Page, where=lambda page: page.seq == 8)
    peer.send(Stacks(7))
    answer = peer.until(StacksAnswer)
    peer.send(Cancel("d", "enough"))
    assert peer.until(Done) == Done("d", "cancelled")
    assert answer.n == 7
    assert "in turn" in answer.text
    assert "Thread reader (most recent call last):" in answer.text


def test_a_cancel_ends_a_generator_that_waits_for_the_window(integration, peer):
    closed = threading.Event()

    @integration.on_resync("issue")
    def issues(resync):
        try:
            while True:
                yield [{"id": n} for n in range(100)]
        finally:
            assert resync.cancelled
            assert integration.cancelled
            closed.set()

    peer.greet()
    peer.ask("issue")
    peer.until(Page, where=lambda page: page.seq == 8)
    peer.send(Cancel("d", "enough"))
    assert peer.until(Done) == Done("d", "cancelled")
    assert closed.is_set()
    assert peer.of(KindDone) == []


def test_a_cancel_interrupts_an_async_handler_that_waits(integration, peer):
    @integration.on_resync("issue")
    async def issues(_):
        integration.log.info("waiting")
        await asyncio.sleep(3600)
        return []

    peer.greet()
    peer.ask("issue")
    peer.until(Log)
    peer.send(Cancel("d", "enough"))
    assert peer.until(Done) == Done("d", "cancelled")


def test_a_cancelled_handler_that_returns_early_has_not_read_its_kind(integration, peer):
    @integration.on_resync("issue")
    def issues(resync):
        integration.log.info("polling")
        while not resync.cancelled:
            threading.Event().wait(0.01)
        return []

    peer.greet()
    peer.ask("issue")
    peer.until(Log)
    peer.send(Cancel("d", "enough"))
    assert peer.until(KindDone, Done) == Done("d", "cancelled")


def test_a_waiting_delivery_that_is_cancelled_never_runs(integration, peer):
    release, ran = threading.Event(), []
    integration.on_resync("slow")(lambda _: [{"ended": release.wait(30)}])
    integration.on_resync("issue")(lambda _: ran.append(1) or [])
    peer.greet()
    peer.ask("slow")
    peer.ask("issue", delivery="second")
    peer.send(Cancel("second", "superseded"))
    peer.send(Ping(1))
    assert peer.until(Pong).in_flight == 2
    release.set()
    assert peer.finish() == Done("d", "ok", pages=1)
    assert peer.finish("second") == Done("second", "cancelled")
    assert ran == []


def test_cancels_and_acks_of_what_is_over_are_ignored(integration, peer):
    integration.on_resync("issue")(lambda _: [])
    peer.greet()
    peer.send(Cancel("gone", "late"))
    peer.ack(3, "gone")
    peer.ask("issue")
    assert peer.finish() == Done("d", "ok", pages=0)


def test_shutdown_cancels_what_runs_says_bye_and_exits_0(integration, peer):
    @integration.on_resync("issue")
    def issues(_):
        while True:
            yield [{"id": n} for n in range(100)]

    peer.greet()
    peer.ask("issue")
    peer.until(Page, where=lambda page: page.seq == 8)
    peer.send(Shutdown(10))
    assert peer.code() == 0
    assert peer.rest()[-2:] == [Done("d", "cancelled"), Bye("shutdown")]


def test_the_end_of_stdin_is_a_shutdown(integration, peer):
    peer.greet()
    peer.hang_up()
    assert peer.code() == 0
    assert peer.rest()[-1] == Bye("stdin ended")
    assert integration.cancelled


def test_a_handler_that_does_not_return_is_left_behind_within_the_grace(integration, peer):
    release = threading.Event()

    @integration.on_resync("stuck")
    def stuck(_):
        integration.log.info("stuck")
        release.wait(30)
        return []

    peer.greet()
    peer.ask("stuck")
    peer.until(Log)
    peer.send(Shutdown(0.1))
    assert peer.left.get(timeout=30) == 0
    release.set()
    assert peer.code() == 0
    assert peer.rest()[-2:] == [Done("d", "cancelled"), Bye("shutdown")]


def test_lines_that_are_no_request_are_logged_without_their_text(integration, peer):
    integration.on_resync("issue")(lambda _: [])
    peer.greet()
    peer.write(b'{"type":"configure","config":{"token":"secret"}\n{"type":"newer"}\nnonsense\n')
    peer.ask("issue")
    peer.finish()
    lines = peer.of(Log)
    assert [line.fields["sort"] for line in lines] == ["Stray", "Unknown", "Stray"]
    assert "secret" not in repr(lines)


def test_a_request_that_cannot_be_read_fails_its_delivery(peer):
    peer.greet()
    peer.write(b'{"type":"resync","delivery":"odd","attempt":"x"}\n')
    done = peer.finish("odd")
    assert (done.outcome, done.error.kind) == ("failed", "bug")
    assert "Expected `int`, got `str`" in done.error.message


@pytest.mark.parametrize("kinds", [["unknown"], ["issue", "unknown"]])
def test_a_kind_without_a_handler_is_an_error_that_names_the_known_ones(integration, peer, kinds):
    integration.on_resync("issue")(lambda _: [])
    peer.greet()
    peer.ask(*kinds)
    done = peer.finish()
    text = "no handler reads kind 'unknown'; kinds with a handler: 'issue'"
    assert peer.of(KindDone)[-1] == KindDone("d", "unknown", len(kinds) - 1, text)
    where = f"kind 'unknown', resource {len(kinds) - 1}"
    assert done == Done("d", "failed", Failure("config", f"{where}: {text}"), 0)


def test_a_configuration_that_is_no_object_ends_the_process_with_a_traceback(peer, capsys):
    peer.send(SupervisorHello([1], "0", "session"))
    peer.send(Configure("mine", "type", msgspec.Raw(b"[]")))
    assert peer.code() == 70
    assert peer.rest()[-1] == Bye("the sdk failed to take a message", 70)
    assert "Expected `object`, got `array`" in capsys.readouterr().err
