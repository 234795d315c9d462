import os
import threading
from collections import deque

import pytest

from framework.logs.stream import Stream

LONG = b"x" * 200_000 + b"\n"  # more than a pipe holds


@pytest.fixture
def pipe():
    """Return both ends of a pipe."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            assert end  # the test has closed it


def read(fd, size):
    found = b""
    while len(found) < size:
        found += os.read(fd, size)
    return found


def test_lines_are_written_one_after_the_other(pipe):
    readable, writable = pipe
    lines = deque([b"1\n", b"2\n"])
    Stream(writable).write("", lines)
    assert os.read(readable, 100) == b"1\n2\n"
    assert not lines


def test_a_line_waits_for_a_slow_reader(pipe):
    readable, writable = pipe
    writer = threading.Thread(target=Stream(writable).write, args=("", deque([LONG])))
    writer.start()
    assert read(readable, len(LONG)) == LONG
    writer.join(10)
    assert not writer.is_alive()


def test_once_hurried_it_writes_what_is_taken_at_once(pipe):
    readable, writable = pipe
    stderr = Stream(writable)
    stderr.hurry()
    stderr.write("", deque([b"1\n"]))
    assert os.read(readable, 100) == b"1\n"


def test_once_hurried_it_does_not_wait(pipe):
    _, writable = pipe
    stderr = Stream(writable)
    stderr.hurry()
    lines = deque([LONG, b"2\n"])
    with pytest.raises(OSError, match="nobody reads it"):
        stderr.write("", lines)
    assert list(lines) == [LONG, b"2\n"]


def test_a_wait_ends_when_it_is_hurried(pipe):
    _, writable = pipe
    stderr = Stream(writable)
    failed = threading.Event()

    def write():
        try:
            stderr.write("", deque([LONG]))
        except BlockingIOError:
            failed.set()

    writer = threading.Thread(target=write)
    writer.start()
    stderr.hurry()
    assert failed.wait(10)
    writer.join(10)


@pytest.mark.parametrize("closed", [0, 1])
def test_a_pipe_that_is_gone_is_said(pipe, closed):
    os.close(pipe[closed])
    with pytest.raises(OSError, match=r"Broken pipe|Bad file descriptor"):
        Stream(pipe[1]).write("", deque([b"1\n"]))
