import json
import logging
import os
import re
import select
import threading
import time
from contextlib import suppress

import pytest

from framework.logs import Format, Logging, Logs, files, line, plain
from framework.logs.logs import Tap
from framework.masking import Masks
from tests.conftest import eventually

jira = logging.getLogger("integration.jira")
kafka = logging.getLogger("integration.kafka")
supervisor = logging.getLogger("supervisor")

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR) +[\w.]+: .*|    .*")


@pytest.fixture
def pipe():
    """Return both ends of the pipe that is stderr; `start` closes the one to read from."""
    ends = os.pipe()
    yield ends
    os.close(ends[1])


@pytest.fixture
def start(tmp_path, pipe):
    """Return what starts a log of this folder, to this pipe; it is stopped and removed again."""
    root = logging.getLogger()
    level, before = root.level, list(root.handlers)
    started = []

    def start(stderr=pipe[1], **settings):
        logs = Logs(tmp_path, Logging(**settings), Masks(), stderr)
        logs.start()
        started.append(logs)
        return logs

    yield start
    os.close(pipe[0])  # who waits for a reader ends at once
    for logs in started:
        logs.stop()
    root.handlers[:] = before
    root.setLevel(level)
    for name in plain.QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def logged(tmp_path):
    """Return what reads the lines of a file."""

    def logged(owner=files.OWN):
        path = files.path(tmp_path, owner)
        return path.read_text().splitlines() if path.exists() else []

    return logged


def fail():
    raise ValueError("two\nlines")


def read_until(pipe, *words):
    """Return what is on stderr once it has all these words."""
    found, deadline = "", time.monotonic() + 20
    while not all(word in found for word in words):
        assert select.select([pipe[0]], [], [], deadline - time.monotonic())[0]
        found += os.read(pipe[0], 65536).decode()
    return found


def said(pipe):
    """Return the lines on stderr."""
    return os.read(pipe[0], 65536).decode().splitlines()


def fill(pipe):
    """Leave no room in a pipe; return how much is in there."""
    os.set_blocking(pipe[1], False)
    filled = 0
    try:
        while True:
            filled += os.write(pipe[1], b"." * 4096)
    except BlockingIOError:
        os.set_blocking(pipe[1], True)
    return filled


def test_lines_go_to_the_file_of_their_integration_and_to_stderr(start, logged, pipe):
    logs = start()
    jira.info("3 pages")
    kafka.warning("slow")
    supervisor.info("READY")
    logging.getLogger("framework.port").error("no answer")
    logs.stop()

    assert [line[25:] for line in logged("jira")] == ["INFO    integration.jira: 3 pages"]
    assert [line[25:] for line in logged("kafka")] == ["WARNING integration.kafka: slow"]
    assert [line[25:] for line in logged()] == [
        "INFO    supervisor: READY",
        "ERROR   framework.port: no answer",
    ]
    assert sorted(said(pipe)) == sorted(logged("jira") + logged("kafka") + logged())
    assert logs.dropped == 0


def test_json_is_one_object_a_line_whatever_is_in_it(start, logged, pipe):
    logs = start(format=Format.JSON)
    try:
        fail()
    except ValueError:
        jira.exception("broken\nbadly")
    logs.stop()

    (line,) = logged("jira")
    assert json.loads(line)["message"] == "broken\nbadly"
    assert json.loads(line)["traceback"].endswith("ValueError: two\nlines")
    assert said(pipe) == [line]


def test_every_line_of_text_is_a_head_or_indented(start, logged):
    logs = start()
    try:
        fail()
    except ValueError:
        jira.exception("broken\n2026-01-31 badly")
    logs.stop()
    assert len(logged("jira")) > 4
    assert [line for line in logged("jira") if not LINE.fullmatch(line)] == []


def test_it_takes_the_place_of_what_was_set_up_before(start):
    root = logging.getLogger()
    root.addHandler(plain.Plain())
    start()
    assert not [one for one in root.handlers if isinstance(one, plain.Plain)]


def test_lines_of_many_threads_never_mix(start, logged, tmp_path):
    with (tmp_path / "stderr").open("wb") as stderr:
        logs = start(stderr.fileno())

        def write(number):
            for count in range(300):
                jira.info("thread %d line %d %s", number, count, "x" * 200)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        logs.stop()

    lines = logged("jira")
    whole = re.compile(r".{24} INFO    integration.jira: thread \d line \d+ x{200}")
    assert [line for line in lines if not whole.fullmatch(line)] == []
    counts = [int(line.split()[6]) for line in lines if " thread 3 " in line]
    assert counts == list(range(300))
    assert len(lines) == 8 * 300
    assert (tmp_path / "stderr").read_text().splitlines() == lines


def test_a_full_disk_stops_nothing_and_is_told_once_there_is_room(start, logged, tmp_path, pipe):
    path = files.path(tmp_path, "jira")
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    logs = start()
    jira.info("lost")
    eventually(lambda: logs.dropped == 1)
    jira.info("lost, too")
    eventually(lambda: logs.dropped == 2)
    kafka.info("fine")

    path.unlink()
    jira.info("there is room")
    logs.stop()

    missing, kept = logged("jira")
    assert missing.endswith(
        "WARNING integration.jira: 2 lines are missing here: No space left on device"
    )
    assert kept.endswith("there is room")
    assert len(logged("kafka")) == 1
    (told,) = [line for line in said(pipe) if " ERROR " in line]
    assert told.endswith(
        f"supervisor: {path}: No space left on device; lines are dropped and counted"
        " until it can be written to"
    )


def test_stderr_that_nobody_reads_holds_up_neither_threads_nor_files(start, logged, pipe):
    fill(pipe)
    logs = start()
    began = time.monotonic()
    for number in range(3000):
        jira.info("line %d %s", number, "x" * 1000)
    assert time.monotonic() - began < 5
    eventually(lambda: len(logged("jira")) == 3000)
    logs.stop()
    assert time.monotonic() - began < 10
    eventually(lambda: logs.dropped == 3000)
    assert logged("jira")[-1].split()[4] == "2999"


def test_what_stderr_misses_is_told_when_someone_reads_again(start, pipe):
    filled = fill(pipe)
    start()
    for _ in range(5000):
        jira.info("x" * 1000)
    supervisor.info("not mine")

    found = read_until(pipe, "not mine", "lines are missing here")
    assert found.startswith("." * filled)
    assert "WARNING integration.jira: " in found
    assert "they came faster than they could be written" in found


def test_it_ends_in_time_though_neither_stderr_nor_a_disk_takes_anything(start, tmp_path, pipe):
    path = files.path(tmp_path, "jira")
    path.parent.mkdir()
    os.mkfifo(path)  # a write to it hangs, as on a disk that does not answer
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fill(pipe)
    logs = start()
    for _ in range(200):
        jira.info("x" * 1000)

    began = time.monotonic()
    logs.stop()
    supervisor.info("nobody hears this")
    assert 1 < time.monotonic() - began < 4
    while logs._files.is_alive():  # until the disk has answered
        select.select([reader], [], [], 0.1)
        with suppress(BlockingIOError):  # between two writes nobody has it open
            os.read(reader, 65536)
    os.close(reader)


def test_what_is_logged_after_the_end_goes_to_stderr_at_once(start, logged, pipe):
    logs = start()
    supervisor.info("stopping")
    logs.stop()
    supervisor.info("stopped")
    assert [line.rpartition(": ")[2] for line in said(pipe)] == ["stopping", "stopped"]
    assert [line.rpartition(": ")[2] for line in logged()] == ["stopping"]


def test_what_is_logged_after_the_end_waits_for_nobody(start, pipe):
    logs = start()
    logs.stop()
    fill(pipe)
    supervisor.info("nobody hears this")
    assert logs.dropped == 1


def test_lines_that_come_while_it_ends_reach_stderr_in_order(start, pipe):
    logs = start()
    logs._stderr.backlog.end()
    logs._stderr.join(10)
    supervisor.info("late")
    logs.stop()
    supervisor.info("later")
    assert [line.rpartition(": ")[2] for line in said(pipe)] == ["late", "later"]


def test_a_line_costs_who_logs_it_less_than_50_us(start):
    root = logging.getLogger()
    start()
    root.handlers[:] = [one for one in root.handlers if isinstance(one, Tap)]  # without pytest's

    def cost():
        began = time.thread_time()
        for number in range(200):
            jira.info("%d of %s", number, "pages")
        return (time.thread_time() - began) / 200

    assert min(cost() for _ in range(20)) < 50e-6


def test_secrets_are_hidden_in_messages_and_tracebacks_even_where_a_line_is_cut():
    masks = Masks()
    masks.learn("jira", ["hunter2-hunter2"])
    masks.learn("shop", [])
    masks.learn_shared("port", ["port-secret"])
    tap = Tap(line.as_text, masks, lambda _owner, data: taken.append(data.decode()))
    taken = []
    long = "x" * (line.LONGEST - 7) + "hunter2-hunter2" + "y" * 100

    for name in ("supervisor", "integration.jira", "integration.shop"):
        tap.emit(record(name, "by hunter2-hunter2 and port-secret"))
    tap.emit(record("integration.jira", long))
    tap.emit(record("integration.jira", "failed", ValueError("no port-secret")))

    assert "hunter2-hunter2" in taken[2]  # it does not know that one
    assert not any("hunter" in text for text in (*taken[:2], *taken[3:]))
    assert not any("port-secret" in text for text in taken)
    assert "ValueError: no ***" in taken[4]


def record(name, message, error=None):
    failure = (type(error), error, None) if error else None
    return logging.LogRecord(name, logging.INFO, __file__, 1, message, None, failure)
