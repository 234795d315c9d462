"""Strikes that are no kills: reloads, hangups, an ill disk, an ill Port, no files to open.

Each does harm for a moment and takes it back. What must be gone then is what it killed meanwhile.
"""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from bench.shared import processes
from bench.shared.house import eventually
from bench.shared.processes import Process
from bench.shared.scene import Reach, Scene, Sort
from framework.console import client
from framework.errors import FrameworkError
from tests.fakes.proxy import Proxy

KILL, TERM, HUP = signal.SIGKILL, signal.SIGTERM, signal.SIGHUP
HARM_SECONDS = 1.0  # at most; what lasts longer is no other path, and costs a back-off
START_SECONDS = 1.0
HOLD_SECONDS = 10.0  # until a new program holds its signals
MUTE_SECONDS = 20.0  # a call that is held longer has been given up by its caller
MANY = 200  # hangups
DISK_SIZE = "48m"
LEAST_FILES = 3  # what is open already stays open
BROKEN = "port: ["

Trouble = Callable[[Scene], AbstractContextManager[None]]


def a_reload(scene: Scene) -> list[Process]:
    """Leave an integration out, and take it in again; it may die just then."""
    head = scene.integration()
    name = head.mark.partition("/")[2]
    if scene.chance.random() < 0.5:  # noqa: PLR2004 - a coin
        processes.kill(head.pid, KILL)
    scene.house.configure([one for one in scene.house.names if one != name])
    with suppress(FrameworkError):  # whether it ended shows in a moment
        client.reload(scene.house.state)
    scene.house.configure(scene.house.names)
    with suppress(FrameworkError):
        client.reload(scene.house.state)
    return scene.kin(head)


def an_unreadable_configuration(scene: Scene) -> list[Process]:
    """Have it read what cannot be read, and then what can."""
    config = scene.house.config
    good = config.read_text()
    config.write_text(BROKEN)
    processes.kill(scene.guard, HUP)
    time.sleep(scene.chance.uniform(0, HARM_SECONDS))
    config.write_text(good)
    processes.kill(scene.guard, HUP)
    return []


def hangups(scene: Scene) -> list[Process]:
    """Send SIGHUP again and again, while an integration dies."""
    victim = scene.integration()
    for number in range(MANY):
        processes.kill(scene.guard, HUP)
        if number == MANY // 2:
            processes.kill(victim.pid, KILL)
    return scene.kin(victim)


def hangups_at_the_start(scene: Scene) -> list[Process]:
    """Start it, and send SIGHUP from the moment on at which its first line has been run."""
    processes.kill(scene.guard, TERM)
    scene.house.ended()
    scene.house.start()
    eventually(lambda: _holds_signals(scene.house.first), "signals are held", HOLD_SECONDS, 0.005)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        processes.kill(scene.house.first, HUP)
        time.sleep(scene.chance.uniform(0, START_SECONDS / 10))
    return scene.family


def during(trouble: Trouble) -> Callable[[Scene], list[Process]]:
    """Let everyone resync and one integration die, while there is such a trouble."""

    def strike(scene: Scene) -> list[Process]:
        victim = scene.integration()
        _resync(scene)
        with trouble(scene):
            time.sleep(scene.chance.uniform(0, HARM_SECONDS / 2))
            processes.kill(victim.pid, KILL)
            processes.kill(scene.guard, HUP)
            time.sleep(scene.chance.uniform(0, HARM_SECONDS))
        return scene.kin(victim)

    return strike


@contextmanager
def full_disk(scene: Scene) -> Iterator[None]:
    """Leave no byte of the state folder's disk, and have events that cannot be recorded."""
    ballast = scene.house.state / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    try:
        _resync(scene)
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only_disk(scene: Scene) -> Iterator[None]:
    """Let no file of the state folder be opened for writing; those that are open stay so.

    The kernel makes no file system read-only that is written to, but a second view of it.
    """
    state = str(scene.house.state)
    _run("mount", "--bind", state, state)
    try:
        _run("mount", "--options", "remount,bind,ro", state)
        yield
    finally:
        _run("umount", "--lazy", state)  # a process that starts now has files open there


@contextmanager
def no_files(scene: Scene) -> Iterator[None]:
    """Let the supervisor open a few files more, or none."""
    pid = scene.supervisor
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    few = _highest_file(pid) + scene.chance.randint(1, 6)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(few, before[1]), before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def slow_port(scene: Scene) -> Iterator[None]:
    """Let every answer take its time."""
    with _ill(scene.port, lambda _: time.sleep(scene.chance.uniform(0, HARM_SECONDS))):
        yield


@contextmanager
def failing_port(scene: Scene) -> Iterator[None]:
    """Let every second call fail."""
    with _ill(scene.port, lambda _: scene.chance.choice((None, 500, 502, 503))):
        yield


@contextmanager
def mute_port(scene: Scene) -> Iterator[None]:
    """Let nothing be answered."""
    well = threading.Event()
    with _ill(scene.port, lambda _: 503 if not well.wait(MUTE_SECONDS) else None):
        yield
    well.set()


@contextmanager
def no_port(scene: Scene) -> Iterator[None]:
    """Let nobody connect."""
    scene.port.down()
    try:
        yield
    finally:
        scene.port.up()


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Put a folder on a disk of its own, small enough to be filled."""
    folder.mkdir(parents=True)
    _run("mount", "--types", "tmpfs", "--options", f"size={DISK_SIZE}", "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def _resync(scene: Scene) -> None:
    for name in scene.house.names:
        with suppress(FrameworkError):  # it says so if the event could not be recorded
            client.resync(scene.house.state, name)


@contextmanager
def _ill(port: Proxy, illness: Callable[[str], int | None]) -> Iterator[None]:
    port.refuse = lambda _, path: illness(path)
    try:
        yield
    finally:
        port.refuse = lambda _method, _path: None


def _highest_file(pid: int) -> int:
    try:
        return max(int(one) for one in os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names alone
    except PermissionError:  # it hides what is its own from everyone but root
        return LEAST_FILES


def _holds_signals(pid: int) -> bool:
    """Tell whether SIGHUP waits until this process takes it: it is blocked, or the guard's."""
    if "guard.py" in processes.program(pid):
        return True
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    blocked = next(line.split()[1] for line in lines if line.startswith("SigBlk"))
    return bool(int(blocked, 16) & 1 << (HUP - 1))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, timeout=HOLD_SECONDS)


TROUBLES = (
    Sort("reload: one out, and in", Reach.INTEGRATION, a_reload, 2),
    Sort("reload: unreadable", Reach.INTEGRATION, an_unreadable_configuration),
    Sort("SIGHUPs", Reach.INTEGRATION, hangups),
    Sort("SIGHUPs, starting", Reach.INTEGRATION, hangups_at_the_start),
    Sort("disk: full", Reach.INTEGRATION, during(full_disk), mounts=True),
    Sort("disk: read-only", Reach.INTEGRATION, during(read_only_disk), mounts=True),
    Sort("no files", Reach.INTEGRATION, during(no_files), 2),
    Sort("Port: slow", Reach.INTEGRATION, during(slow_port)),
    Sort("Port: errors", Reach.INTEGRATION, during(failing_port)),
    Sort("Port: mute", Reach.INTEGRATION, during(mute_port)),
    Sort("Port: down", Reach.INTEGRATION, during(no_port)),
)
