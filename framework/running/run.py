"""The command `run`: starts everything in order, and ends it when a signal comes."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from msgspec import structs

from framework import guard, kernel, logs, orphans, process
from framework.console.api import Console
from framework.errors import ConfigError
from framework.logs import Logs
from framework.masking import Masks
from framework.running import loading
from framework.running.duty import Duty
from framework.running.operations import Operations
from framework.sandbox.sandbox_process import SandboxProcess
from framework.signals import Signals
from framework.state import StateFolder
from framework.supervisor import Supervisor

FRONT_DOOR = Path(__file__).resolve().parents[2] / "supervisor.py"
SANDBOX_SECONDS = 60.0
SANDBOX_STOP_SECONDS = 30.0
LOOK_SECONDS = 0.5  # how long a call for the main thread or a new state may go unnoticed

log = logging.getLogger("supervisor")


def run(config: Path, state: Path, version: str, log_format: logs.Format | None) -> None:
    """Run the integrations until SIGINT or SIGTERM."""
    if sys.platform != "linux":
        raise ConfigError("the supervisor needs Linux 5.3 or newer (pidfd, prctl)")
    loaded = loading.load(config, None)  # a broken file is reported before anything starts
    os.environ.pop(guard.VARIABLE, None)  # the guard is our parent, not our children's
    written = structs.replace(loaded.logs, format=log_format) if log_format else loaded.logs
    with closing(Signals()) as signals, closing(StateFolder(state)) as folder:
        masks = Masks()
        loaded.teach(masks)
        lines = Logs(folder.path, written, masks)
        lines.start()
        try:
            if folder.note:
                log.warning("%s", folder.note)
            kernel.allow_many_files()
            if left := orphans.reclaim(folder.instance):
                log.warning("%d processes that an earlier run left behind were killed", left)
            _run(config, folder, signals, version, masks, lines.print)
        finally:
            lines.stop()


def _run(
    config: Path,
    folder: StateFolder,
    signals: Signals,
    version: str,
    masks: Masks,
    say: Callable[[str], None],
) -> None:
    with _sandbox(config, folder, signals) as sandbox:
        if signals.wait(0):
            return
        load = partial(loading.load, config, sandbox.status.address if sandbox else None)
        supervisor = Supervisor(load(), folder, version, masks)
        operations = Operations(supervisor, sandbox, load, partial(signals.wait, 0))
        console = Console(folder.listen(), operations, masks.hide_all)
        try:
            supervisor.start()
            console.start()
            _supervise(supervisor, operations, signals, sandbox, say)
            log.info("stopping")
        finally:
            supervisor.stop()
            console.stop()


def _supervise(
    supervisor: Supervisor,
    operations: Operations,
    signals: Signals,
    sandbox: SandboxProcess | None,
    say: Callable[[str], None],
) -> None:
    """Do the main thread's duties until a stop; print each new overall state."""
    printed = ""

    def reload() -> None:
        if signals.reload_asked():
            operations.reload_by_signal()

    def announce() -> None:
        nonlocal printed
        if (state := supervisor.state) != printed:
            address = sandbox.status.address if sandbox else None
            say(f"{state}  page {address.url}" if address else state)
            printed = state

    duties = (
        Duty("the reload", reload),
        Duty("what other threads asked for", operations.main_thread.run),
        Duty("looking after the integrations", supervisor.look_after),
        Duty("announcing the state", announce),
    )
    while not signals.wait(LOOK_SECONDS):
        for duty in duties:
            duty.do()


@contextmanager
def _sandbox(
    config: Path, folder: StateFolder, signals: Signals
) -> Iterator[SandboxProcess | None]:
    """Run the sandbox if the configuration asks for it; yield once it is ready or a stop came."""
    if loading.sandbox(config) is None:
        yield None
        return
    stop = threading.Event()
    argv = [sys.executable, str(FRONT_DOOR), "sandbox"]
    argv += ["--config", str(config), "--state", str(folder.path)]
    sandbox = SandboxProcess(
        argv, stop, {**os.environ, process.MARKER: f"{folder.instance}/sandbox"}
    )
    sandbox.start()
    try:
        deadline = time.monotonic() + SANDBOX_SECONDS
        while sandbox.status.state == "starting" and time.monotonic() < deadline:
            if signals.wait(LOOK_SECONDS):
                break
        else:
            sandbox.ready(LOOK_SECONDS)
        yield sandbox
    finally:
        stop.set()
        sandbox.join(SANDBOX_STOP_SECONDS)
