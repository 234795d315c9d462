"""All environments of this machine: found by key, built where missing, swept at start."""

import errno
import shutil
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from framework.environments import installer, python, receipt, requirements, turn
from framework.environments.build import Order, Say, build
from framework.environments.environment import Environment
from framework.environments.installer import Uv
from framework.environments.receipt import Receipt
from framework.environments.requirements import Requirements
from framework.errors import BuildError


class Environments:
    """`root` holds everything, the cache included: on one file system packages are not copied.

    `uv` is the program to use; the framework's own if it is not given.
    """

    def __init__(self, root: Path, uv: Path | None = None):
        self._root = root.absolute()
        self._uv = uv
        self._msgspec = requirements.exactly("msgspec", version("msgspec"))

    def ready(self, path: Path) -> Environment | None:
        """Return the environment for a requirements.txt if it is built; start no process."""
        sdk, own = self._order(self._msgspec), self._order(requirements.read(path))
        first, second = self._found(sdk), self._found(own)
        if first is None or second is None:
            return None
        return self._environment(own, sdk, first)

    def ensure(self, path: Path, stop: Event, say: Say) -> Environment:
        """Return the environment for a requirements.txt, built if need be; `say` is told each step.

        Raises BuildError (the step, uv's own words, what to do next) and StoppedError.
        """
        wanted = requirements.read(path)
        requirements.refuse_other_files(wanted)
        sdk, own = self._order(self._msgspec), self._order(wanted)
        try:
            first, _ = self._ensure(sdk, stop, say), self._ensure(own, stop, say)
        except OSError as error:
            raise BuildError(
                f"{error.filename or self._root}: {error.strerror} (while building the "
                f"environment of {wanted.source}). Check the state folder: space, rights."
            ) from error
        return self._environment(own, sdk, first)

    def sweep(self) -> int:
        """Remove what killed builds left behind; return how many there were."""
        swept = 0
        for leftover in self._root.glob("build/*"):
            with self._lock(leftover.name.partition("-")[0]).open("a") as file:
                if turn.taken(file):  # else its build is alive
                    shutil.rmtree(leftover, ignore_errors=True)
                    swept += 1
        return swept

    def _ensure(self, order: Order, stop: Event, say: Say) -> Receipt:
        if found := self._found(order):
            return found
        for name in ("envs", "build", "locks"):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        label = order.requirements.label
        with turn.held(self._lock(order.key), stop, lambda: say(f"{label}: another build runs")):
            return self._found(order) or self._build(order, stop, say)

    def _build(self, order: Order, stop: Event, say: Say) -> Receipt:
        for leftover in self._root.glob(f"build/{order.key}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        uv = Uv(self._uv or installer.find(), self._root / "uv-cache")
        with TemporaryDirectory(
            prefix=f"{order.key}-", dir=self._root / "build", ignore_cleanup_errors=True
        ) as aside:
            build(order, Path(aside, "env"), uv, stop, say)
            self._publish(order, Path(aside))
        published = self._found(order)
        assert published is not None
        return published

    def _publish(self, order: Order, aside: Path) -> None:
        place = self._place(order)
        if place.exists() and not self._found(order):
            place.rename(aside / "unmarked")
        try:
            (aside / "env").rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return  # somebody else was first, with the same contents
        receipt.flush(place.parent)

    def _environment(self, own: Order, sdk: Order, found: Receipt) -> Environment:
        msgspec = self._place(sdk) / found.site_packages
        return Environment(own.key, self._place(own), msgspec)

    def _found(self, order: Order) -> Receipt | None:
        return receipt.found(self._place(order), order.key)

    def _order(self, wanted: Requirements) -> Order:
        own = python.own()
        return Order(requirements.key(wanted, own), wanted, own)

    def _place(self, order: Order) -> Path:
        return self._root / "envs" / order.key

    def _lock(self, key: str) -> Path:
        return self._root / "locks" / key
