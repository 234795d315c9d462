import logging
import os
import time

from framework.workers.session import stderr
from framework.workers.session.stderr import ErrorLog


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        os.sched_yield()


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

    assert caplog.messages == ["x" * 4096 + "... (cut)", "next"]
    assert errors.tail == tuple(caplog.messages)


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


def test_a_secret_is_hidden_before_its_line_is_cut(caplog):
    secret = "hunter2-hunter2"
    errors = ErrorLog(logging.getLogger("integration.jira"), lambda text: text.replace(secret, "*"))
    at_the_cap = "x" * (stderr.STDERR_LINE - 7)

    with caplog.at_level(logging.INFO):
        errors.feed(f"{at_the_cap}{secret} and more\nby {secret}\n".encode())

    assert not any("hunter" in text for text in (caplog.text, *errors.tail))
    assert errors.last_line == "by *"


def test_a_secret_on_which_a_line_would_be_cut_is_hidden_before(caplog):
    caplog.set_level(logging.INFO)
    secret = "hunter2-hunter2"
    errors = ErrorLog(
        logging.getLogger("integration.jira"), lambda text: text.replace(secret, "***")
    )

    errors.feed(b"x" * 4090 + secret.encode() + b"y" * 1_000_000 + b"\n")

    assert caplog.messages == ["x" * 4090 + "***yyy... (cut)"]
