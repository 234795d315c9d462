import os
from collections import deque

import pytest

from framework.logs import chunk


@pytest.fixture
def file(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        yield file.fileno()


def test_as_many_lines_are_written_as_fit(file, tmp_path):
    lines = deque([b"1\n", b"2\n", b"3\n"])
    assert chunk.write(file, lines, 5) == 4
    assert list(lines) == [b"3\n"]
    assert (tmp_path / "file").read_bytes() == b"1\n2\n"


def test_one_line_is_written_even_if_it_does_not_fit(file, tmp_path):
    lines = deque([b"123456\n", b"2\n"])
    assert chunk.write(file, lines, 5) == 7
    assert list(lines) == [b"2\n"]


def test_no_more_is_given_to_the_kernel_than_there_is_room_for(file, tmp_path):
    lines = deque([b"123456\n"])
    rooms = iter([3, 2, 100])
    assert chunk.write(file, lines, 100, lambda: next(rooms)) == 7
    assert (tmp_path / "file").read_bytes() == b"123456\n"


def test_what_was_not_written_whole_is_left(file, tmp_path):
    lines = deque([b"12\n", b"34\n", b"56\n"])
    rooms = iter([5])

    def room():
        try:
            return next(rooms)
        except StopIteration:
            raise BlockingIOError(11, "nobody reads") from None

    with pytest.raises(BlockingIOError):
        chunk.write(file, lines, 100, room)
    assert list(lines) == [b"34\n", b"56\n"]
    assert (tmp_path / "file").read_bytes() == b"12\n34"


def test_a_full_disk_leaves_everything():
    lines = deque([b"1\n"])
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space"):
            chunk.write(full, lines, 100)
    finally:
        os.close(full)
    assert list(lines) == [b"1\n"]
