"""Who takes more memory than it may: the policy by replay, the measuring by real processes."""

import logging
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.machine import memory_watch, process_table
from framework.machine.limits import MIB, Limits
from framework.machine.memory_watch import Excess, MemoryWatch, Verdict, Watched, judge, tree
from framework.machine.process_table import Row
from framework.process import Child
from tests.fakes.children import PATH, line

LIMITS = Limits(memory=500 * MIB, memory_soft=400 * MIB)
NOTHING, SOFT, HARD = Verdict
HELD = 60 * MIB
# Fills 60 MiB that both processes share, then waits; so does its child, which holds as much alone.
SHARING = f"""
import mmap, os, sys
shared = mmap.mmap(-1, {HELD})
for at in range(0, {HELD}, 4096): shared[at] = 1
if os.fork() == 0:
    own = b"x" * {HELD} if sys.argv[1:] else b""
    for at in range(0, {HELD}, 4096): shared[at]
    print("ready", flush=True)
sys.stdin.read()
"""


def verdicts(*memory: int, limits: Limits = LIMITS) -> list[Verdict]:
    """Replay rounds in which a process had so many MiB."""
    standing, found = Excess(), []
    for size in memory:
        standing, verdict = judge(standing, size * MIB, limits)
        found.append(verdict)
    return found


class Machine:
    """A machine in which every process has the memory that is written here; who was told what."""

    def __init__(self):
        self.seen: list[Row] = []
        self.watched: list[Watched] = []
        self.pss: dict[int, int] = {}
        self.measured: list[int] = []
        self.exhausted = False
        self.told: list[tuple[str, int, str]] = []
        self.memory_watch = MemoryWatch(
            lambda: self.watched, threading.Event(), self.scan, self.measure
        )

    def scan(self) -> list[Row]:
        return self.seen

    def measure(self, one: Row) -> int:
        if self.exhausted:
            raise OSError(24, "Too many open files", f"/proc/{one.pid}/smaps_rollup")
        self.measured.append(one.pid)
        return self.pss.get(one.pid, one.rss)

    def process(self, pid: int, mib: int, parent: int = 0, started: int = 1) -> None:
        """Have a process, in the place of an earlier one of its pid."""
        self.seen = [one for one in self.seen if one.pid != pid]
        self.seen.append(Row(pid, parent, pid, "python", started, mib * MIB))

    def watch(self, pid: int) -> None:
        self.watched.append(
            Watched(
                pid,
                LIMITS,
                lambda reason: self.told.append(("soft", pid, reason)),
                lambda reason: self.told.append(("hard", pid, reason)),
            )
        )

    def rounds(self, number: int) -> list[tuple[str, int]]:
        """Return who was told in so many rounds."""
        before = len(self.told)
        for _ in range(number):
            self.memory_watch.round()
        return [(name, pid) for name, pid, _ in self.told[before:]]


class Rounds(threading.Event):
    """A stop that comes after so many rounds, which follow each other at once."""

    def __init__(self, number: int):
        super().__init__()
        self._left = number

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == memory_watch.ROUND_SECONDS
        self._left -= 1
        return self._left < 0


@pytest.fixture
def machine() -> Machine:
    return Machine()


# --- the policy


def test_within_its_limits_nothing_happens():
    assert verdicts(100, 400, 399) == [NOTHING] * 3


def test_over_the_soft_limit_it_is_told_once():
    assert verdicts(401, 450, 100, 450) == [SOFT, NOTHING, NOTHING, NOTHING]


def test_over_the_limit_three_times_in_a_row_is_too_much():
    assert verdicts(501, 600, 501) == [SOFT, NOTHING, HARD]


def test_a_peak_costs_nobody_his_life():
    assert HARD not in verdicts(501, 501, 500, 501, 501, 400, 900, 900)


def test_who_is_still_there_is_told_again_every_third_round():
    assert verdicts(*[600] * 7) == [SOFT, NOTHING, HARD, NOTHING, NOTHING, HARD, NOTHING]


@given(st.lists(st.integers(0, 1000), max_size=60))
def test_whatever_the_history(sizes):
    found = verdicts(*sizes)

    assert found.count(SOFT) <= 1
    assert (SOFT in found) == any(size > 400 for size in sizes)
    for index, verdict in enumerate(found):
        before = sizes[max(0, index - 2) : index + 1]
        assert verdict is not HARD or (len(before) == 3 and min(before) > 500)


# --- the rounds


def test_a_family_is_measured_as_a_whole_and_an_operator_reads_why(machine):
    machine.process(10, 300)
    machine.process(11, 250, parent=10)
    machine.process(12, 62, parent=11)
    machine.watch(10)

    machine.rounds(3)

    assert machine.told == [
        ("soft", 10, "its memory is 612 MiB (PSS of 3 processes), over the soft limit of 400 MiB"),
        ("hard", 10, "its memory is 612 MiB (PSS of 3 processes), over the limit of 500 MiB"),
    ]


def test_what_is_over_a_limit_looks_so(machine):
    machine.process(10, 400)
    machine.seen[0] = machine.seen[0]._replace(rss=400 * MIB + 1)
    machine.watch(10)

    machine.rounds(1)

    assert machine.told[0][2] == (
        "its memory is 401 MiB (PSS of 1 process), over the soft limit of 400 MiB"
    )


def test_one_integration_does_not_pay_for_another(machine):
    for pid, mib in ((10, 390), (20, 450), (30, 9000)):
        machine.process(pid, mib)
    machine.watch(10)
    machine.watch(20)

    assert machine.rounds(4) == [("soft", 20)]


def test_pss_is_read_only_where_resident_memory_may_be_too_much(machine):
    machine.process(10, 390)
    machine.process(20, 300)
    machine.process(21, 300, parent=20)
    machine.pss = {20: 160 * MIB, 21: 160 * MIB}
    machine.watch(10)
    machine.watch(20)

    assert machine.rounds(1) == []
    assert machine.measured == [20, 21]


def test_another_process_starts_anew(machine):
    machine.process(10, 600)
    machine.watch(10)
    machine.rounds(2)

    machine.process(10, 600, started=2)

    assert machine.rounds(3) == [("soft", 10), ("hard", 10)]


def test_a_round_without_the_process_is_forgiven(machine):
    machine.process(10, 600)
    machine.watch(10)
    machine.rounds(2)
    machine.seen, there = [], machine.seen
    machine.rounds(1)

    machine.seen = there

    assert machine.rounds(2) == [("soft", 10)]


def test_rounds_go_on_after_one_that_failed(machine, caplog):
    machine.process(10, 450)
    machine.watch(10)

    machine.exhausted = True
    with caplog.at_level(logging.WARNING):
        machine.rounds(2)
    machine.exhausted = False

    assert machine.rounds(1) == [("soft", 10)]
    assert len(caplog.records) == 1
    assert "memory is not watched: [Errno 24] Too many open files" in caplog.text


# --- the measuring


@pytest.fixture
def sharing(children):
    """Return a function that starts two processes which share 60 MiB."""

    def start(*arguments: str) -> Child:
        child = Child([sys.executable, "-c", SHARING, *arguments], PATH, Path("/"))
        children.append(child)
        assert line(child) == "ready"
        return child

    return start


def test_what_two_processes_share_counts_once(sharing):
    found = tree(sharing().pid)

    assert len(found) == 2
    assert HELD < sum(one.memory for one in found) < 1.5 * HELD


def test_a_childs_own_memory_counts(sharing):
    child = sharing("own")

    found = tree(child.pid)

    assert [one.parent for one in found[1:]] == [child.pid]
    assert found[0].name.startswith("python")
    assert found[1].memory > 1.4 * HELD
    assert 0 <= found[0].seconds < 60


def test_a_tree_that_is_gone_is_empty():
    assert tree(2**22 + 1) == []


def test_a_real_process_over_its_limit_is_told(sharing):
    told = []
    limits = Limits(memory=int(1.2 * HELD), memory_soft=20 * MIB)
    watched = Watched(sharing("own").pid, limits, told.append, told.append)
    thread = MemoryWatch(lambda: [watched], Rounds(3))

    thread.start()
    thread.join(10)

    assert not thread.is_alive()
    assert len(told) == 2
    assert "(PSS of 2 processes), over the soft limit of 20 MiB" in told[0]
    assert "(PSS of 2 processes), over the limit of 72 MiB" in told[1]


def test_sharing_is_not_held_against_anyone(sharing):
    told = []
    limits = Limits(memory=2 * HELD, memory_soft=int(1.5 * HELD))
    child = sharing()
    watched = Watched(child.pid, limits, told.append, told.append)
    measured = []

    def pss(one: Row) -> int:
        measured.append(one.pid)
        return process_table.pss(one)

    MemoryWatch(lambda: [watched], threading.Event(), pss=pss).round()

    assert len(measured) == 2  # their resident memory was over the limit
    assert told == []
