import datetime as dt
import os

import msgspec
import pytest

from framework.protocol import messages
from framework.sdk.log import BACKLOG_LIMIT, Log
from framework.sdk.writer import Writer


class Lines(Writer):
    """A writer that is never started; it keeps what it was given."""

    def __init__(self):
        super().__init__(-1)
        self.waiting = 0
        self.kept: list[messages.Log] = []

    @property
    def backlog(self) -> int:
        return self.waiting

    def send_ahead(self, line: bytes) -> None:
        assert line.endswith(b"\n")
        self.kept.append(msgspec.json.decode(line, type=messages.Log))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines():
    return Lines()


@pytest.fixture
def log(lines, clock):
    log = Log(clock)
    log.connect(lines)
    return log


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_a_line_carries_its_level_and_its_fields(log, lines, level):
    getattr(log, level)("read", message="m", count=3, day=dt.date(2024, 5, 1))
    fields = {"message": "m", "count": 3, "day": "2024-05-01"}
    assert lines.kept == [messages.Log(level, "read", fields)]


def test_more_than_a_hundred_lines_a_second_are_dropped_and_counted(log, lines, clock):
    for number in range(130):
        log.info("line", number=number)
    assert len(lines.kept) == 100
    clock.now += 1
    log.info("later")
    log.info("last")
    assert lines.kept[100:] == [
        messages.Log("info", "later", dropped=30),
        messages.Log("info", "last"),
    ]


def test_a_line_over_8_kib_is_dropped_and_counted(log, lines):
    log.info("x" * 9_000)
    log.info("short")
    assert lines.kept == [messages.Log("info", "short", dropped=1)]


def test_lines_are_dropped_while_too_many_wait(log, lines):
    lines.waiting = BACKLOG_LIMIT
    log.info("dropped")
    lines.waiting = 0
    log.info("kept")
    assert lines.kept == [messages.Log("info", "kept", dropped=1)]


def test_fields_that_json_does_not_know_are_shown_as_python_does(log, lines):
    log.info("odd \udc80", error=ValueError("no"), text="\udc80", keys={(1, 2): 3})
    log.info("fine", error=ValueError("no"))
    assert lines.kept[0].message == r"odd \udc80"
    assert lines.kept[0].fields == {
        "error": "ValueError('no')",
        "text": r"'\udc80'",
        "keys": "{(1, 2): 3}",
    }
    assert lines.kept[1].fields == {"error": "ValueError('no')"}


def test_without_a_supervisor_lines_are_printed_to_stderr(log, lines, capsys):
    Log().info("read", count=3)
    log.disconnect()
    log.error("gone")
    assert capsys.readouterr().err == "info: read count=3\nerror: gone\n"
    assert lines.kept == []


def test_a_forked_child_prints_its_lines(log, lines, capfd):
    pid = os.fork()
    if pid == 0:
        log.info("in the child")
        os._exit(len(lines.kept))
    assert os.waitpid(pid, 0)[1] == 0
    assert capfd.readouterr().err == "info: in the child\n"
