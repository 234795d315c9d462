"""Who descends from whom, and how much memory it has: against real processes."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from framework import kernel
from framework.machine import process_table
from framework.machine.process_table import Row
from framework.process import MARKER, Child
from tests.fakes.children import DEADLINE, ESCAPE, PATH, line, shell, until

MIB = 1024**2


@pytest.fixture
def adopting() -> Iterator[None]:
    kernel.adopt_orphans()
    yield
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 0)


def seen(pid: int) -> Row:
    return next(one for one in process_table.scan() if one.pid == pid)


def bury(orphan: int) -> None:
    os.kill(orphan, signal.SIGKILL)
    os.waitpid(orphan, 0)


def family(child: Child) -> set[int]:
    roots = {child.pid: process_table.marker(child.pid)}
    return {one.pid for one in process_table.families(process_table.scan(), roots)[child.pid]}


def test_a_scan_sees_this_process():
    one = seen(os.getpid())

    assert one.parent == os.getppid()
    assert one.session == os.getsid(0)
    assert one.name == Path("/proc/self/comm").read_text().strip()
    assert one.rss > 5 * MIB


def test_a_name_may_hold_spaces_and_brackets(children):
    script = "printf 'a) S 1 (b' > /proc/self/comm; echo said; read wait"
    children.append(Child(["bash", "-c", script], PATH, Path("/")))

    assert line(children[0]) == "said"
    assert seen(children[0].pid)[1:4] == (os.getpid(), children[0].pid, "a) S 1 (b")


def test_a_process_has_its_part_of_what_it_shares():
    one = seen(os.getpid())

    assert 0 < process_table.pss(one) <= one.rss + 2 * MIB  # more may have come since


def test_a_process_that_is_gone_has_no_memory(children):
    children.append(shell("read wait"))
    one = seen(children[0].pid)
    children[0].kill()

    until(lambda: process_table.pss(one) == 0)  # as a zombie, too
    children[0].wait(DEADLINE)

    assert process_table.pss(one) == 0
    assert process_table.marker(one.pid) == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_where_we_may_not_look_all_that_is_shared_counts():
    one = seen(1)

    assert process_table.pss(one) == one.rss
    assert process_table.marker(1) == ""


def test_a_marker_is_read_from_the_environment(children):
    children.append(shell("read wait", {**PATH, MARKER: "i/one"}))
    children.append(shell("read wait"))

    assert [process_table.marker(child.pid) for child in children] == ["i/one", ""]


def test_descendants_belong_to_the_family(children):
    children.append(shell("sh -c 'sleep 60 & echo $!; wait' & wait"))
    children.append(shell("read wait"))
    innermost = int(line(children[0]))

    found = family(children[0])

    assert len(found) == 3
    assert {children[0].pid, innermost} < found
    assert family(children[1]) == {children[1].pid}


@pytest.mark.usefixtures("adopting")
def test_what_lost_its_parent_belongs_to_the_family(children):
    children.append(shell("(sleep 60 & echo $!); read wait"))
    orphan = int(line(children[0]))

    until(lambda: family(children[0]) == {children[0].pid, orphan})  # the shell between is reaped

    assert seen(orphan).parent == os.getpid()
    bury(orphan)


@pytest.mark.usefixtures("adopting")
def test_a_daemon_belongs_to_the_family_whose_marker_it_carries(children):
    daemon = f"('{sys.executable}' -c '{ESCAPE}' & ); read wait"
    children.append(shell(daemon, {**PATH, MARKER: "i/one"}))
    children.append(shell("read wait", {**PATH, MARKER: "i/two"}))
    orphan = int(line(children[0]))

    until(lambda: family(children[0]) == {children[0].pid, orphan})  # the shell between is reaped

    assert seen(orphan).parent == os.getpid()
    assert family(children[1]) == {children[1].pid}
    bury(orphan)


def test_a_root_that_is_gone_has_no_family():
    assert process_table.families([Row(1, 0, 1, "init", 0, 0)], {2: "i/two"}) == {}
