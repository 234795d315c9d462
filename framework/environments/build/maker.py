"""Resolve and build: one at a time of each sort, a few side by side, each aside until it is whole.

Below the root lie `envs/<key>/`, `build/` (half-built), `locks/` (turns, and locks in use),
`uv-cache/` and `logs/`.
"""

import errno
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from framework import files
from framework.environments import turns
from framework.environments.build.build import Order, build
from framework.environments.inputs.inputs import Inputs
from framework.environments.installed import receipt
from framework.environments.installed.receipt import Receipt
from framework.environments.lock import lock, resolve
from framework.environments.lock.lock import Lock
from framework.environments.lock.resolve import Upgrade
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Say, Steps
from framework.slots import Slots

LOG_BYTES = 1_000_000  # a longer log is begun anew
Told = tuple[Event, Say]  # what stops a build, who is told of its steps


class Maker:
    """Does what takes processes; see Environments for the arguments."""

    def __init__(self, root: Path, uv: Path | None, instance: str, limit: float):
        self._root = root
        self._uv = uv
        self._instance = instance
        self._limit = limit
        self._slots = Slots(os.cpu_count() or 1)
        self._noticed = Event()
        self._count = itertools.count(1)

    def resolve(
        self, inputs: Inputs, start: Lock, told: Told, upgrade: Upgrade | None = None
    ) -> Lock:
        """Find versions that fit together; those in `start` are kept where possible.

        The turn of the lock's name is held by the caller.
        """
        name = lock.name(inputs, inputs.floors[0])
        with self._slots.taken(told[0]), self._aside(name) as aside:
            return resolve.resolve(inputs, start, self._steps(inputs, told), aside, upgrade)

    def make(self, order: Order, told: Told) -> Receipt:
        """Build an environment, unless somebody else does meanwhile."""
        with self.turn(order.key, told):
            return self.found(order.key) or self._make(order, told)

    def turn(self, key: str, told: Told) -> AbstractContextManager[None]:
        """Hold the turn of a key, across threads and processes."""
        self._root.mkdir(0o700, parents=True, exist_ok=True)  # locks may hold credentials
        for name in ("envs", "build", "locks", "logs", "uv-cache"):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        stop, say = told
        return turns.held(self._turn(key), stop, lambda: say("another build of the same runs"))

    def found(self, key: str) -> Receipt | None:
        """Return the receipt if the environment is there and whole."""
        return receipt.found(self.place(key), key)

    def place(self, key: str) -> Path:
        """Return where an environment is, or would be."""
        return self._root / "envs" / key

    def sweep(self) -> int:
        """Remove what killed builds left behind; return how many there were."""
        swept = 0
        for leftover in self._root.glob("build/*"):
            with self._turn(leftover.name.partition("-")[0]).open("a") as file:
                if turns.taken(file):  # else its build is alive
                    shutil.rmtree(leftover, ignore_errors=True)
                    swept += 1
        return swept

    def _make(self, order: Order, told: Told) -> Receipt:
        for leftover in self._root.glob(f"build/{order.key}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with self._slots.taken(told[0]), self._aside(order.key) as aside:
            self._check_cache(told[1])
            build(order, aside / "env", self._steps(order.inputs, told))
            self._publish(order, aside)
        published = self.found(order.key)
        assert published is not None
        return published

    def _publish(self, order: Order, aside: Path) -> None:
        place = self.place(order.key)
        if place.exists() and not self.found(order.key):
            place.rename(aside / "unmarked")
        try:
            (aside / "env").rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return  # somebody else was first, with the same contents
        files.flush(place.parent)

    @contextmanager
    def _aside(self, key: str) -> Iterator[Path]:
        with TemporaryDirectory(
            prefix=f"{key}-", dir=self._root / "build", ignore_cleanup_errors=True
        ) as aside:
            yield Path(aside)

    def _steps(self, inputs: Inputs, told: Told) -> Steps:
        marker = ""
        if self._instance:  # each of its own: what one leaves behind is ended with it, no other
            marker = f"{self._instance}/build/{inputs.label}/{next(self._count)}"
        uv = Uv(self._uv or installer.find(), self._cache, inputs.installation, marker)
        log = self._root / "logs" / f"{inputs.label}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.unlink()
        return Steps(inputs.requirements.source, uv, told, self._limit, log)

    def _check_cache(self, say: Callable[[str], None]) -> None:
        """Say once if files cannot be shared between the cache and environments."""
        if self._noticed.is_set():
            return
        self._noticed.set()
        probe, link = self._cache / ".probe", self._root / "build" / ".probe"
        probe.touch()
        try:
            link.unlink(missing_ok=True)
            link.hardlink_to(probe)
            link.unlink()
        except OSError as error:
            say(
                f"{self._cache} and {self._root / 'envs'} cannot share files ({error.strerror}): "
                "every environment is a full copy. Put both on one file system."
            )

    @property
    def _cache(self) -> Path:
        return self._root / "uv-cache"

    def _turn(self, key: str) -> Path:
        return self._root / "locks" / key
