"""Make the environment that is ordered: find it, or build it aside and move it into place."""

import errno
from functools import partial
from pathlib import Path
from threading import Event

from msgspec import structs

from framework import files
from framework.environments import layout
from framework.environments.building import history
from framework.environments.building.build import Order, build
from framework.environments.building.history import History
from framework.environments.installed import receipt
from framework.environments.installed.receipt import Receipt
from framework.environments.lock import lock
from framework.environments.shared import Shared
from framework.environments.uv.steps import Say
from framework.environments.uv.workspace import ANOTHER, Workspace


class Maker:
    """Makes the environments below one root."""

    def __init__(self, root: Path, workspace: Workspace):
        self._root = root
        self._workspace = workspace
        self._history = History(root)
        self._cache_checked = Event()
        self._shared: Shared[Receipt] = Shared()

    def found(self, key: str) -> Receipt | None:
        """Return the receipt if the environment is there and whole."""
        return receipt.found(self.path(key), key)

    def path(self, key: str) -> Path:
        """Return where an environment is, or would be."""
        return self._root / layout.ENVIRONMENTS / key

    def ensure(self, order: Order, stop: Event, say: Say) -> Receipt:
        """Return the receipt of the environment; build it if it is missing.

        Raises RequirementsError, BuildUnavailableError, StoppedError and OSError.
        """
        record = history.record(order)
        made = self.found(order.key)
        if made is None:
            lock.refuse_unhashed(order.lock, order.inputs)
            order = structs.replace(order, why=self._history.why(order.inputs.label, record))
            made = self._shared.outcome(
                (order.key, order.inputs.everything()),
                partial(self._built, order, stop, say),
                stop,
                partial(say, ANOTHER),
            )
        self._history.keep(order.inputs.label, record)
        return made

    def _built(self, order: Order, stop: Event, say: Say) -> Receipt:
        with self._workspace.turn(order.key, stop, say):
            # Another integration, or process, may have built it meanwhile.
            return self.found(order.key) or self._make(order, stop, say)

    def _make(self, order: Order, stop: Event, say: Say) -> Receipt:
        path = self.path(order.key)
        with self._workspace.steps(order.key, order.inputs, stop, say) as steps:
            self._check_cache(say)
            built = build(order, steps)
            if path.exists() and not self.found(order.key):
                path.rename(steps.folder / "damaged")
            try:
                built.rename(path)
            except OSError as error:
                # Otherwise another process was faster; the contents are the same.
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                files.flush(path.parent)
        made = self.found(order.key)
        assert made is not None
        return made

    def _check_cache(self, say: Say) -> None:
        """Say once if files cannot be shared between the cache and environments."""
        if self._cache_checked.is_set():
            return
        self._cache_checked.set()
        cache = self._root / layout.CACHE
        probe, link = cache / ".probe", self._root / layout.SCRATCH / ".probe"
        probe.touch()
        try:
            link.unlink(missing_ok=True)
            link.hardlink_to(probe)
            link.unlink()
        except OSError as error:
            say(
                f"{cache} and {self._root / layout.ENVIRONMENTS} cannot share files "
                f"({error.strerror}): every environment is a full copy. Put both on one file "
                "system."
            )
