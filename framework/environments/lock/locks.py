"""The locks in use, kept in the state folder; committed ones lie beside the requirements."""

from pathlib import Path

from framework.environments.inputs import requirements
from framework.environments.inputs.inputs import Inputs
from framework.environments.lock import lock
from framework.environments.lock.lock import NOTHING, Lock

IN_USE = Path("locks", "in-use")  # <name of the folder>/<key>.lock below the root
EMPTY = Lock("", NOTHING, "")


class Locks:
    """The locks in use lie in the state folder; the committed ones beside the requirements."""

    def __init__(self, root: Path):
        self._root = root / IN_USE

    def found(self, inputs: Inputs) -> Lock | None:
        """Return the lock for these inputs, if there is one; the committed one comes first."""
        if not inputs.requirements.lines:
            return EMPTY
        return lock.committed(inputs) or self._in_use(inputs)

    def elsewhere(self, inputs: Inputs) -> Lock | None:
        """Return the lock that another integration with the same inputs has in use."""
        for floor in inputs.floors:
            for path in sorted(self._root.glob(f"*/{lock.name(inputs, floor)}.lock")):
                if found := _read(path, inputs.key(floor)):
                    return found
        return None

    def start(self, inputs: Inputs) -> Lock:
        """Return where to start resolving: the versions in it are kept where possible.

        The lock in use comes before the committed one it started from, and after any newer one.
        """
        if current := lock.committed(inputs):
            return current
        found = sorted(self._folder(inputs).glob("*.lock"), key=lambda path: path.stat().st_mtime)
        latest = lock.parse(requirements.text_of(found[-1])) if found else EMPTY
        if inputs.committed is None or latest.start == lock.start_of(inputs):
            return latest
        return lock.parse(inputs.committed)

    def keep(self, inputs: Inputs, made: Lock) -> None:
        """Make this the lock in use."""
        floor = next(floor for floor in inputs.floors if inputs.key(floor) == made.inputs)
        lock.write(self._folder(inputs) / f"{lock.name(inputs, floor)}.lock", made)

    def _in_use(self, inputs: Inputs) -> Lock | None:
        folder = self._folder(inputs)
        for floor in inputs.floors:
            path = folder / f"{lock.name(inputs, floor)}.lock"
            if found := _read(path, inputs.key(floor)):
                return found
        return None

    def _folder(self, inputs: Inputs) -> Path:
        return self._root / (inputs.requirements.name or "-")


def _read(path: Path, key: str) -> Lock | None:
    try:
        found = lock.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None  # resolved again
    return found if found.inputs == key else None
