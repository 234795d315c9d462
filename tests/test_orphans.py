"""Real orphans: what dead processes leave behind is found."""

import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from framework import kernel, orphans
from framework.process import MARKER, Child
from tests.fakes.children import DEADLINE, ESCAPE, PATH, gone, line, shell, until


@pytest.fixture
def adopting() -> Iterator[None]:
    kernel.adopt_orphans()
    yield
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 0)


@pytest.mark.usefixtures("adopting")
def test_a_sweep_kills_adopted_processes_of_one_integration_only(children: list[Child]) -> None:
    escape = f"'{sys.executable}' -c '{ESCAPE}' & wait"
    children.append(shell(escape, {**PATH, MARKER: "i/one"}))
    children.append(shell(escape, {**PATH, MARKER: "i/two"}))
    one, two = (int(line(child)) for child in children)
    for child in children:
        child.kill()
        child.wait(DEADLINE)
    assert orphans.sweep("i/one") == 1
    assert not psutil.pid_exists(one)
    assert not gone(two)
    assert orphans.sweep("i/two") == 1


@pytest.mark.usefixtures("adopting")
def test_a_sweep_finds_what_a_killed_orphan_leaves(children: list[Child]) -> None:
    inner = f"import subprocess,sys; subprocess.run([sys.executable, '-c', '''{ESCAPE}'''])"
    outer = [sys.executable, "-c", f"import os; os.setsid(); {inner}"]
    start = f"import subprocess; subprocess.run({outer!r})"
    env = {**PATH, MARKER: "i/nested"}
    children.append(Child([sys.executable, "-c", start], env, Path("/")))
    innermost = int(line(children[0]))
    children[0].kill()
    children[0].wait(DEADLINE)
    assert orphans.sweep("i/nested") == 2
    assert not psutil.pid_exists(innermost)


@pytest.mark.usefixtures("adopting")
def test_a_sweep_leaves_no_zombie_of_a_killed_group(children: list[Child]) -> None:
    children.append(shell("sleep 60 & echo $!; wait", {**PATH, MARKER: "i/group"}))
    grandchild = int(line(children[0]))
    children[0].kill()
    children[0].wait(DEADLINE)
    until(lambda: gone(grandchild))
    orphans.sweep("i/group")
    assert not psutil.pid_exists(grandchild)


@pytest.mark.usefixtures("adopting")
@pytest.mark.parametrize("_", range(5))  # it is a race
def test_a_sweep_waits_for_the_dying_whose_children_have_yet_to_come(
    _: int, children: list[Child]
) -> None:
    escape = f"import subprocess,sys; subprocess.run([sys.executable, '-c', '''{ESCAPE}'''])"
    dying = [sys.executable, "-c", f"much = bytearray(b'x') * 50_000_000; {escape}"]
    start = f"import subprocess; subprocess.run({dying!r})"
    env = {**PATH, MARKER: "i/dying"}
    children.append(Child([sys.executable, "-c", start], env, Path("/")))
    escaped = int(line(children[0]))
    children[0].kill()
    assert select.select([children[0].pidfd], [], [], DEADLINE)[0]
    assert children[0].reap() == -signal.SIGKILL
    orphans.sweep("i/dying")
    assert not psutil.pid_exists(escaped)


@pytest.mark.usefixtures("adopting")
def test_a_sweep_takes_no_exit_status_from_a_child_of_somebody_else(
    children: list[Child],
) -> None:
    children.append(shell("exit 77", {**PATH, MARKER: "i/mine"}))
    until(lambda: gone(children[0].pid))
    assert orphans.sweep("i/other") == 0
    assert children[0].reap() == 77


def test_what_ends_while_a_sweep_looks_at_it_is_passed_over(children: list[Child]) -> None:
    children.append(shell("read _"))
    seen = psutil.Process(children[0].pid)
    children[0].stdin.write(b"\n")
    assert children[0].wait(DEADLINE) == 0
    assert not orphans._marked(seen, "i/one")
    assert not orphans._adopted_dead(seen)
    assert orphans._end(seen) == 0


def test_what_an_earlier_run_left_behind_is_reclaimed_by_its_instance_alone() -> None:
    argv = ["sleep", "60"]
    ours, other = (
        subprocess.Popen(argv, env={MARKER: marker}, start_new_session=True)
        for marker in ("one/kafka", "onetwo/kafka")
    )
    with ours, other:
        reclaimed, spared = orphans.reclaim("one"), other.poll() is None
        other.kill()

    assert reclaimed == 1
    assert spared
    assert not psutil.pid_exists(ours.pid)
