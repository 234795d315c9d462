"""Real orphans: what dead processes leave behind is found."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from framework import kernel, orphans, process
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


def deserter(marker: str, children: list[Child]) -> int:
    """Return an adopted process that leads a session of its own, and is dead."""
    escape = "import os,signal; os.setsid(); print(os.getpid(), flush=True); signal.pause()"
    start = f"'{sys.executable}' -c '{escape}' & wait"
    children.append(shell(start, {**PATH, MARKER: marker}))
    pid = int(line(children[-1]))
    children[-1].kill()
    children[-1].wait(DEADLINE)
    until(lambda: psutil.Process(pid).ppid() == os.getpid())
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid))
    return pid


@pytest.mark.usefixtures("adopting")
def test_the_adopted_dead_are_buried_even_where_they_led_a_session(children: list[Child]) -> None:
    pid = deserter("i/daemon", children)
    assert orphans.bury_dead() == 1
    assert not psutil.pid_exists(pid)
    assert orphans.bury_dead() == 0


@pytest.mark.usefixtures("adopting")
def test_a_sweep_buries_the_dead_of_others_too(children: list[Child]) -> None:
    pid = deserter("i/daemon", children)
    assert orphans.sweep("i/other") == 0
    assert not psutil.pid_exists(pid)


@pytest.mark.usefixtures("adopting")
def test_a_burial_takes_no_exit_status_from_who_started_a_process(children: list[Child]) -> None:
    children.append(shell("exit 77"))
    until(lambda: gone(children[0].pid))
    assert orphans.bury_dead() == 0
    assert children[0].reap() == 77


@pytest.mark.usefixtures("adopting")
@pytest.mark.parametrize("clear", [orphans.bury_dead, lambda: orphans.sweep("i/other")])
def test_nobody_who_may_just_have_been_started_is_buried(
    clear: Callable[[], int], children: list[Child]
) -> None:
    pid = deserter("i/daemon", children)
    process.starting.add(0)  # as a thread between a fork and the note of its pid
    assert clear() == 0
    assert gone(pid)
    assert psutil.pid_exists(pid)
    process.starting.discard(0)
    clear()
    assert not psutil.pid_exists(pid)


@pytest.mark.usefixtures("adopting")
def test_living_orphans_are_killed_while_others_are_started(children: list[Child]) -> None:
    escape = f"'{sys.executable}' -c '{ESCAPE}' & wait"
    children.append(shell(escape, {**PATH, MARKER: "i/one"}))
    pid = int(line(children[0]))
    children[0].kill()
    children[0].wait(DEADLINE)
    process.starting.add(0)
    swept = orphans.sweep("i/one")
    process.starting.discard(0)
    assert swept == 1
    assert not psutil.pid_exists(pid)


@pytest.mark.usefixtures("adopting")
def test_a_burial_leaves_the_living_alone(children: list[Child]) -> None:
    escape = f"'{sys.executable}' -c '{ESCAPE}' & wait"
    children.append(shell(escape, {**PATH, MARKER: "i/one"}))
    pid = int(line(children[0]))
    children[0].kill()
    children[0].wait(DEADLINE)
    assert orphans.bury_dead() == 0
    assert not gone(pid)
    assert orphans.sweep("i/one") == 1


@pytest.mark.usefixtures("adopting")
def test_orphans_of_a_child_that_another_thread_started_are_found(children: list[Child]) -> None:
    over = threading.Event()

    def own() -> None:
        escape = f"'{sys.executable}' -c '{ESCAPE}' & wait"
        children.append(shell(escape, {**PATH, MARKER: "i/thread"}))
        over.wait(DEADLINE)

    owner = threading.Thread(target=own)
    owner.start()
    until(lambda: bool(children))
    pid = int(line(children[0]))
    children[0].kill()
    children[0].wait(DEADLINE)
    assert orphans.sweep("i/thread") == 1
    over.set()
    owner.join(DEADLINE)
    assert not psutil.pid_exists(pid)


def test_a_sweep_looks_at_none_of_our_own_children(children: list[Child]) -> None:
    children.append(shell("read _", {**PATH, MARKER: "i/mine"}))  # would be killed if looked at
    assert orphans.sweep("i/mine") == 0
    assert children[0].reap() is None


def test_a_program_that_has_no_session_of_its_own_is_nobody_s_orphan() -> None:
    with subprocess.Popen(["sh", "-c", "exit 77"], env={MARKER: "i/mine"}) as other:
        until(lambda: gone(other.pid))
        assert orphans.sweep("i/mine") == orphans.bury_dead() == 0
    assert other.returncode == 77


def test_a_kernel_without_a_list_of_children_is_searched(
    tmp_path: Path, children: list[Child]
) -> None:
    children.append(shell("read _"))
    assert children[0].pid in orphans._children(tmp_path / "nowhere")


def test_what_ends_while_a_sweep_looks_at_it_is_passed_over(children: list[Child]) -> None:
    children.append(shell("read _"))
    seen = psutil.Process(children[0].pid)
    children[0].stdin.write(b"\n")
    assert children[0].wait(DEADLINE) == 0
    assert orphans._marker(seen) == ""
    assert not orphans._is_dead(seen)
    assert orphans._end(seen) == 0
    assert orphans._is_gone(seen)
    orphans._reap(seen)
    assert not orphans._bury(seen)


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
