import os

import pytest

from framework.protocol import framing
from framework.protocol.messages import Bye, KindDone, Pong
from framework.sdk.writer import Writer


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    os.close(read)


def test_what_is_sent_ahead_overtakes_what_waits_and_bye_is_last(pipe):
    read, write = pipe
    writer = Writer(write)
    sent = [KindDone("d", "first", 0), KindDone("d", "second", 0)]
    for message in sent:
        writer.send(message)
    writer.send_ahead(framing.encode(Pong(1)))
    writer.send_ahead(framing.encode(Pong(2)))
    assert writer.backlog == 4
    writer.start()
    writer.close(Bye("end"), 10)
    assert not writer.is_alive()
    written = os.read(read, 10_000)
    assert written == b"".join(map(framing.encode, [Pong(1), Pong(2), *sent, Bye("end")]))
    os.close(write)


def test_a_long_line_is_written_whole_though_the_pipe_takes_it_in_parts(pipe):
    read, write = pipe
    writer = Writer(write)
    writer.start()
    line = b"x" * 1_000_000 + b"\n"
    writer.send_ahead(line)
    arrived = b""
    while not arrived.endswith(b"\n"):
        arrived += os.read(read, 100_000)
    assert arrived == line
    writer.close(Bye("end"), 10)
    os.close(write)


def test_closing_does_not_wait_for_ever_for_a_pipe_that_nobody_reads(pipe):
    read, write = pipe
    writer = Writer(write)
    writer.start()
    writer.send_ahead(b"x" * 1_000_000)
    writer.close(Bye("end"), 0.05)
    assert writer.is_alive()
    drained = 0
    while drained < 1_000_000:
        drained += len(os.read(read, 100_000))
    writer.join(10)
    assert not writer.is_alive()
    os.close(write)


def test_a_pipe_without_a_reader_ends_nothing():
    read, write = os.pipe()
    os.close(read)
    writer = Writer(write)
    writer.start()
    writer.send(Pong(1))
    writer.close(Bye("end"), 10)
    assert not writer.is_alive()
    os.close(write)
