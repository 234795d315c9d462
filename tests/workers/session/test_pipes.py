import os
import time

from framework.workers.session.pipes import Budget, Drain


def test_a_budget_lets_so_many_through_in_a_second_and_counts_the_rest():
    budget = Budget(2)

    assert [budget.allows(100.0 + n / 10) for n in range(4)] == [True, True, False, False]
    assert (budget.take_dropped(), budget.take_dropped()) == (2, 0)
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
