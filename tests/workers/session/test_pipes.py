import logging
import os
import time

from framework.workers.session.pipes import Budget, Drain, ErrorLog


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        os.sched_yield()


def test_a_budget_lets_so_many_through_in_a_second_and_counts_the_rest():
    budget = Budget(2)

    assert [budget.allows(100.0 + n / 10) for n in range(4)] == [True, True, False, False]
    assert budget.dropped == 2
    assert budget.allows(101.0)


def test_a_drain_reads_to_the_end():
    read_end, write_end = os.pipe()
    chunks = []
    drain = Drain("test", read_end, chunks.append)
    drain.start()
    os.write(write_end, b"hello")
    os.close(write_end)
    drain.join(5)

    assert b"".join(chunks) == b"hello"
    assert not drain.is_alive()
    os.close(read_end)


def test_a_drain_told_to_finish_ends_although_somebody_holds_the_pipe_open():
    read_end, write_end = os.pipe()
    chunks = []
    drain = Drain("test", read_end, chunks.append)
    drain.start()
    os.write(write_end, b"last words")

    drain.finish(5)

    assert not drain.is_alive()
    assert b"".join(chunks) == b"last words"
    os.close(write_end)
    os.close(read_end)


def test_stderr_goes_to_the_log_line_by_line(caplog):
    caplog.set_level(logging.INFO)
    errors = ErrorLog(logging.getLogger("integration.jira"))

    errors.feed(b"one\ntw")
    errors.feed(b"o\n\n")

    assert [record.message for record in caplog.records] == ["one", "two", ""]
    assert errors.last_line == "two"


def test_a_flood_is_dropped_and_counted(caplog):
    caplog.set_level(logging.INFO)
    errors = ErrorLog(logging.getLogger("integration.jira"))

    errors.feed(b"noise\n" * 5000)
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 1.01)
    errors.feed(b"after\n")

    messages = [record.message for record in caplog.records]
    assert messages.count("noise") < 5000
    assert any("lines dropped" in message for message in messages)
    assert messages[-1] == "after"


def test_an_endless_line_is_cut(caplog):
    caplog.set_level(logging.INFO)
    errors = ErrorLog(logging.getLogger("integration.jira"))

    errors.feed(b"x" * 1_000_000 + b"\nnext\n")

    assert [len(record.message) for record in caplog.records] == [4096, 4]


def test_a_drain_outlives_the_closing_of_its_pipe():
    read_end, write_end = os.pipe()
    chunks, ended = [], []
    drain = Drain("test", read_end, chunks.append, lambda: ended.append(len(chunks)))
    os.close(read_end)
    drain.start()
    os.write(write_end, b"hello")
    os.close(write_end)
    drain.join(5)

    assert chunks == [b"hello"]
    assert ended == [1]


def test_a_flood_holds_no_drain_that_was_told_to_finish():
    read_end, write_end = os.pipe()

    def flood(_):  # there is always more to read
        os.write(write_end, b"noise")

    drain = Drain("test", read_end, flood)
    os.write(write_end, b"noise")
    drain.start()
    began = time.monotonic()
    drain.finish(0.1)

    assert not drain.is_alive()
    assert time.monotonic() - began < 5
    os.close(read_end)
    os.close(write_end)


def test_a_last_line_without_a_newline_is_logged_at_the_end(caplog):
    caplog.set_level(logging.INFO)
    errors = ErrorLog(logging.getLogger("integration.jira"))

    errors.feed(b"one\ntwo")
    errors.close()
    errors.close()

    assert [record.message for record in caplog.records] == ["one", "two"]


def test_the_last_20_lines_are_kept_whether_they_are_logged_or_not(caplog):
    errors = ErrorLog(logging.getLogger("integration.jira"))
    assert (errors.tail, errors.last_line) == ((), "")
    errors.feed(b"".join(b"line %d\n" % number for number in range(5000)))
    errors.feed(b"  \n")

    assert len(errors.tail) == 20
    assert errors.tail[:2] == ("line 4981", "line 4982")
    assert errors.last_line == "line 4999"


def test_what_is_written_after_a_capture_is_kept_whether_it_is_logged_or_not(caplog):
    errors = ErrorLog(logging.getLogger("integration.jira"))
    errors.feed(b"before\n" * 1500)
    errors.capture()
    errors.feed(b"Thread 0x1:\n  File main.py\n")

    assert errors.captured() == ["Thread 0x1:", "  File main.py"]
    errors.feed(b"after\n")
    assert errors.captured() == []


def test_a_flood_is_captured_by_its_last_2000_lines():
    errors = ErrorLog(logging.getLogger("integration.jira"))
    errors.capture()
    errors.feed(b"".join(b"%d\n" % number for number in range(2500)))

    captured = errors.captured()
    assert (len(captured), captured[0], captured[-1]) == (2000, "500", "2499")
