import os
import threading
from collections import deque
from contextlib import closing
from itertools import islice

import pytest

from framework.logs import Logging, files
from framework.logs.files import Files
from framework.logs.tail import CHUNK, Tail
from framework.settings import Bytes


@pytest.fixture
def path(tmp_path):
    path = files.path(tmp_path, "jira")
    path.parent.mkdir()
    return path


@pytest.fixture
def tail(path):
    with closing(Tail(path)) as tail:
        yield tail


@pytest.fixture
def stop():
    """Return what ends `follow`; after 20 s it does so by itself."""
    stop = threading.Event()
    timer = threading.Timer(20, stop.set)
    timer.start()
    yield stop
    timer.cancel()


def append(path, text):
    with path.open("a") as file:
        file.write(text)


def rotate(path):
    """Do what the writer does."""
    numbers = sorted((int(one.suffix[1:]) for one in path.parent.glob("jira.log.*")), reverse=True)
    for number in numbers:
        path.with_name(f"jira.log.{number}").rename(path.with_name(f"jira.log.{number + 1}"))
    path.rename(path.with_name("jira.log.1"))


def test_the_newest_come_oldest_first(path, tail):
    append(path, "1\n2\n3\n4\n")
    assert tail.last(2) == ["3", "4"]


def test_there_may_be_fewer_than_were_asked_for(path, tail):
    append(path, "1\n2\n")
    assert tail.last(100) == ["1", "2"]


@pytest.mark.parametrize("count", [0, 5])
def test_where_no_file_is_there_is_nothing(tail, count):
    assert tail.last(count) == []


def test_an_empty_file_has_nothing(path, tail):
    path.touch()
    assert tail.last(5) == []


def test_older_files_are_read_where_the_newest_does_not_suffice(path, tail):
    for text in ("1\n2\n", "3\n4\n", "5\n6\n"):
        append(path, text)
        rotate(path)
    append(path, "7\n")
    assert tail.last(4) == ["4", "5", "6", "7"]


def test_an_entry_has_all_its_lines(path, tail):
    append(path, "1\n    a\n    b\n2\n    c\n")
    assert tail.last(2) == ["1\n    a\n    b", "2\n    c"]


def test_lines_without_a_beginning_are_shown_too(path, tail):
    append(path, "    b\n    c\n2\n")
    assert tail.last(9) == ["    b\n    c", "2"]


def test_a_line_longer_than_what_is_read_at_once_is_whole(path, tail):
    append(path, "1\n" + "x" * 3 * CHUNK + "\n2\n")
    assert tail.last(2) == ["x" * 3 * CHUNK, "2"]


def test_what_is_no_text_is_shown_as_well_as_it_can_be(path, tail):
    path.write_bytes(b"\xff\n")
    assert tail.last(1) == ["\ufffd"]


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/dev/full"), os.mkfifo])
def test_what_is_no_file_is_passed_over(path, tail, make):
    make(path)
    append(path.with_name("jira.log.1"), "older\n")
    assert tail.last(1) == ["older"]


def test_new_lines_follow(path, tail, stop):
    append(path, "1\n2\n")
    assert tail.last(1) == ["2"]
    append(path, "3\n4\n    a\n")
    assert list(islice(tail.follow(stop), 2)) == ["3", "4\n    a"]


def test_a_line_is_shown_once_its_end_is_there(path, tail, stop):
    append(path, "1\n2")
    assert tail.last(5) == ["1"]
    threading.Timer(0.1, append, args=(path, "2\n")).start()
    assert list(islice(tail.follow(stop), 1)) == ["22"]


def test_a_line_in_two_parts_is_one(path, tail, stop):
    append(path, "1\n")
    tail.last(0)
    append(path, "2\n3")
    following = tail.follow(stop)
    assert next(following) == "2"
    append(path, "3\n")
    assert next(following) == "33"


def test_a_file_that_is_not_there_yet_is_waited_for(path, tail, stop):
    tail.last(5)
    threading.Timer(0.1, append, args=(path, "1\n")).start()
    assert next(tail.follow(stop)) == "1"


def test_several_rotations_lose_nothing(path, tail, stop):
    append(path, "1\n")
    tail.last(1)
    for number in range(2, 8):
        append(path, f"{number}\n")
        rotate(path)
    append(path, "8\n")
    assert list(islice(tail.follow(stop), 7)) == [str(number) for number in range(2, 9)]


def test_a_rotation_without_a_new_file_is_no_end(path, tail, stop):
    append(path, "1\n")
    tail.last(1)
    rotate(path)
    threading.Timer(0.5, append, args=(path, "2\n")).start()
    assert next(tail.follow(stop)) == "2"


def test_a_file_that_was_removed_is_followed_by_the_next_one_alone(path, tail, stop):
    append(path, "older\n")
    rotate(path)
    append(path, "1\n")
    os.utime(path.with_name("jira.log.1"), ns=(0, 0))
    tail.last(1)
    path.unlink()
    threading.Timer(0.5, append, args=(path, "2\n")).start()
    assert next(tail.follow(stop)) == "2"


def test_a_file_that_was_made_shorter_is_read_anew(path, tail, stop):
    append(path, "1\n2\n3\n")
    tail.last(1)
    path.write_text("4\n")
    assert next(tail.follow(stop)) == "4"


def test_it_ends_when_it_is_stopped(path, tail, stop):
    append(path, "1\n")
    tail.last(1)
    stop.set()
    assert list(tail.follow(stop)) == []


def test_newer_files_that_were_not_read_are_closed(path, stop):
    append(path, "1\n")
    with closing(Tail(path)) as tail:
        tail.last(1)
        for number in (2, 3):
            rotate(path)
            append(path, f"{number}\n")
        assert next(tail.follow(stop)) == "2"
        held = list(tail._next)
    assert held
    assert all(file.closed for file in held)


def test_a_reader_loses_no_line_while_the_writer_rotates(tmp_path, path, tail, stop):
    append(path, "begin\n")
    tail.last(0)
    sink = Files(tmp_path, Logging(size=Bytes(1024), keep=100))
    wanted = [f"line {number} {'x' * 80}" for number in range(1000)]

    def write():
        for line in wanted:
            sink.write("jira", deque([f"{line}\n".encode()]))

    writer = threading.Thread(target=write)
    writer.start()
    assert list(islice(tail.follow(stop), len(wanted))) == wanted
    writer.join(10)
    assert not writer.is_alive()
