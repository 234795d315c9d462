"""Where uv works: one build of a key at a time, a few side by side, each in a scratch folder."""

import itertools
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from framework.environments import layout, turns
from framework.environments.inputs.inputs import Inputs
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Say, Steps
from framework.slots import Slots

log = logging.getLogger("supervisor")

ANOTHER = "another build of the same runs"
LOG_BYTES = 1_000_000  # a longer log is started anew


class Workspace:
    """Shared by all builds below one root; see Environments for the arguments."""

    def __init__(self, root: Path, uv: Path | None, instance: str, limit: float):
        self._root = root
        self._uv = uv
        self._instance = instance
        self._limit = limit
        self._slots = Slots(os.cpu_count() or 1)
        self._count = itertools.count(1)

    def turn(self, key: str, stop: Event, say: Say) -> AbstractContextManager[None]:
        """Hold the turn of a key, across threads and processes."""
        layout.make(self._root)
        file = self._root / layout.LOCKS / key
        return turns.held(file, stop, lambda: say(ANOTHER))

    @contextmanager
    def steps(self, key: str, inputs: Inputs, stop: Event, say: Say) -> Iterator[Steps]:
        """Wait for a slot, then yield what runs uv; the scratch folder is removed at the end.

        The caller holds the turn of the key, which also protects the folder from a sweep.
        """
        scratch = self._root / layout.SCRATCH
        for leftover in scratch.glob(f"{key}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with (
            self._slots.taken(stop),
            TemporaryDirectory(prefix=f"{key}-", dir=scratch, ignore_cleanup_errors=True) as folder,
        ):
            marker = ""
            if self._instance:  # one for each build, to end its processes alone
                marker = f"{self._instance}/build/{inputs.label}/{next(self._count)}"
            program = self._uv or installer.find()
            log = self._root / layout.LOGS / f"{inputs.label}.log"
            if log.exists() and log.stat().st_size > LOG_BYTES:
                log.unlink()
            yield Steps(
                source=inputs.requirements.source,
                uv=Uv(program, self._root / layout.CACHE, inputs.installation, marker),
                folder=Path(folder),
                log=log,
                stop=stop,
                say=say,
                limit=self._limit,
            )

    def sweep(self) -> int:
        """Remove what killed builds left behind; return how many there were."""
        swept = 0
        for leftover in (self._root / layout.SCRATCH).glob("*"):
            key = leftover.name.partition("-")[0]
            try:
                file = (self._root / layout.LOCKS / key).open("a")
            except OSError as error:  # nothing needs it to be swept now
                log.warning("%s stays: %s", leftover, error)
                continue
            with file:
                if turns.taken(file):  # else its build is alive
                    shutil.rmtree(leftover, ignore_errors=True)
                    swept += 1
        return swept
