"""The locks in use, kept in the state folder; committed ones lie beside the requirements."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

from framework.environments import layout
from framework.environments.inputs import requirements
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.requirements import LOCK
from framework.environments.lock import lock, resolve
from framework.environments.lock.lock import NOTHING, Lock
from framework.environments.lock.resolve import Upgrade
from framework.environments.shared import Shared
from framework.environments.uv.steps import Say
from framework.environments.uv.workspace import ANOTHER, Workspace
from framework.errors import BuildUnavailableError

EMPTY = Lock("", NOTHING, "")


class Locks:
    """Finds locks for inputs, resolves where there is none, keeps what was resolved."""

    def __init__(self, root: Path, workspace: Workspace):
        self._in_use = root / layout.LOCKS_IN_USE
        self._workspace = workspace
        self._shared: Shared[Lock] = Shared()

    def found(self, inputs: Inputs) -> Lock | None:
        """Return the lock for these inputs, if there is one; the committed one comes first."""
        if not inputs.requirements.lines:
            return EMPTY
        if committed := lock.committed(inputs):
            return committed
        for floor in inputs.floors:
            if kept := _read(self._path(inputs, floor), inputs.key(floor)):
                return kept
        return None

    def ensure(
        self, inputs: Inputs, reread: Callable[[], Collection[Inputs]], stop: Event, say: Say
    ) -> Lock:
        """Return the lock for these inputs; resolve if there is none, then keep it.

        `reread` returns what is wanted by then: if these inputs are not among it, they changed
        meanwhile. Raises BuildUnavailableError for that, RequirementsError, StoppedError, OSError.
        """
        if found := self.found(inputs):
            return found
        return self._shared.outcome(
            inputs.everything(),
            partial(self._made, inputs, reread, stop, say),
            stop,
            partial(say, ANOTHER),
        )

    def _made(
        self, inputs: Inputs, reread: Callable[[], Collection[Inputs]], stop: Event, say: Say
    ) -> Lock:
        with self._workspace.turn(lock.name(inputs, inputs.floors[0]), stop, say):
            if found := self.found(inputs):
                return found  # another integration of the same type was faster
            made = self.elsewhere(inputs) or self._resolve(inputs, stop, say)
            if inputs not in reread():
                raise BuildUnavailableError(
                    f"{inputs.requirements.source} was changed while it was resolved. Start again."
                )
            self.keep(inputs, made)
        return made

    @contextmanager
    def upgraded(self, inputs: Inputs, upgrade: Upgrade, stop: Event, say: Say) -> Iterator[Lock]:
        """Yield a lock with newer versions; if the block succeeds, commit it: it is in use then."""
        with self._workspace.turn(lock.name(inputs, inputs.floors[0]), stop, say):
            made = self._resolve(inputs, stop, say, upgrade)
            yield made
            try:
                lock.commit(inputs, made)
            except OSError:
                if lock.committed(inputs):  # it counts before one in the state folder
                    raise
                self.keep(inputs, made)

    def commit(self, inputs: Inputs) -> Path | None:
        """Write the lock in use beside the requirements; return where, None if it is there.

        Raises BuildUnavailableError if it cannot be written.
        """
        found = self.found(inputs)
        if not inputs.requirements.lines or found is None or lock.committed(inputs):
            return None
        try:
            return lock.commit(inputs, found)
        except OSError as error:
            raise BuildUnavailableError(
                f"{inputs.requirements.folder / LOCK} cannot be written: {error.strerror}. The "
                "lock in the state folder is used; to commit one, build where that can be written."
            ) from error

    def elsewhere(self, inputs: Inputs) -> Lock | None:
        """Return the lock that another integration with the same inputs has in use."""
        for floor in inputs.floors:
            for path in sorted(self._in_use.glob(f"*/{lock.name(inputs, floor)}.lock")):
                if found := _read(path, inputs.key(floor)):
                    return found
        return None

    def start(self, inputs: Inputs) -> Lock:
        """Return where to start resolving: the versions in it are kept where possible.

        The lock in use comes before the committed one it started from, and after any newer one.
        """
        if current := lock.committed(inputs):
            return current
        paths = self._folder(inputs).glob("*.lock")
        kept = sorted(paths, key=lambda path: path.stat().st_mtime)
        latest = lock.parse(requirements.text_of(kept[-1])) if kept else EMPTY
        if inputs.committed is None or latest.start == lock.start_of(inputs):
            return latest
        return lock.parse(inputs.committed)

    def keep(self, inputs: Inputs, made: Lock) -> None:
        """Make this the lock in use."""
        floor = next(floor for floor in inputs.floors if inputs.key(floor) == made.inputs)
        lock.write(self._path(inputs, floor), made)

    def _resolve(
        self, inputs: Inputs, stop: Event, say: Say, upgrade: Upgrade | None = None
    ) -> Lock:
        start, name = self.start(inputs), lock.name(inputs, inputs.floors[0])
        with self._workspace.steps(name, inputs, stop, say) as steps:
            return resolve.resolve(inputs, start, steps, upgrade)

    def _folder(self, inputs: Inputs) -> Path:
        return self._in_use / (inputs.requirements.name or "-")

    def _path(self, inputs: Inputs, floor: str) -> Path:
        return self._folder(inputs) / f"{lock.name(inputs, floor)}.lock"


def _read(path: Path, key: str) -> Lock | None:
    try:
        found = lock.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None  # resolved again
    return found if found.inputs == key else None
