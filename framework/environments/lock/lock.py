"""Locks: which versions were found for some inputs, with a hash for every file."""

import re
from pathlib import Path

from msgspec import Struct, structs

from framework import files
from framework.environments.inputs import lines
from framework.environments.inputs.inputs import Inputs, digest
from framework.environments.inputs.requirements import LOCK
from framework.errors import RequirementsError

FIRST = "# inputs: "
PUBLIC = 0o644  # the mode of a lock: it is committed with the sources
SECOND = "# resolved from: "
NOTHING = "nothing"
FROM_A_COMMIT = re.compile(r"(\S+ @ )?git\+")  # it has no hash: its commit is one


class Lock(Struct, frozen=True):
    """`inputs` is the key it was made for, `start` what it started from."""

    inputs: str
    start: str
    body: str

    @property
    def text(self) -> str:
        """The file: the key of the inputs on its first line."""
        second = "" if self.start == NOTHING else f"{SECOND}{self.start}\n"
        return f"{FIRST}{self.inputs}\n{second}{self.body}"

    @property
    def lines(self) -> list[str]:
        """What is to be installed."""
        return lines.normalised(self.body)

    @property
    def packages(self) -> list[str]:
        """The names and versions in it, for people; of forks for other Pythons all."""
        return [line.partition(" ")[0] for line in self.lines]

    def unhashed(self, folder: Path) -> list[str]:
        """Return the lines without a hash that should have one."""
        return [line for line in self.lines if not self._is_known(line, folder)]

    def all_hashed(self) -> bool:
        """Tell whether uv can be asked to refuse what has no hash."""
        return all("--hash=" in line for line in self.lines)

    @staticmethod
    def _is_known(line: str, folder: Path) -> bool:
        local = lines.local(line, folder)
        return "--hash=" in line or local is not None or bool(FROM_A_COMMIT.match(line))


def parse(text: str) -> Lock:
    """Read a lock; one from another tool has no inputs, but resolving can still start from it."""
    found, body = {FIRST: "", SECOND: NOTHING}, text
    for name in (FIRST, SECOND):
        if body.startswith(name):
            line, _, body = body.partition("\n")
            found[name] = line.removeprefix(name).strip()
    return Lock(found[FIRST], found[SECOND], body)


def name(inputs: Inputs, floor: str) -> str:
    """Name the lock that these inputs lead to; it depends on the committed one it starts from."""
    return digest(inputs.key(floor), start_of(inputs))


def committed(inputs: Inputs) -> Lock | None:
    """Return the lock beside the requirements, if it is one for these inputs."""
    if inputs.committed is None:
        return None
    lock = parse(inputs.committed)
    return lock if lock.inputs in map(inputs.key, inputs.floors) else None


def start_of(inputs: Inputs) -> str:
    """Name the committed lock that a new one starts from; "nothing" if there is none."""
    if inputs.committed is None or committed(inputs):
        return NOTHING
    return digest(inputs.committed)


def refuse_stale(inputs: Inputs) -> None:
    """Raise RequirementsError if the committed lock is missing, or made for other inputs."""
    if not inputs.requirements.lines or committed(inputs):
        return
    path = inputs.requirements.folder / LOCK
    what = "is missing" if inputs.committed is None else "was made for other requirements"
    raise RequirementsError(
        f"{path} {what}. Run `supervisor.py build` without --frozen, and commit it."
    )


def refuse_unhashed(lock: Lock, inputs: Inputs) -> None:
    """Raise RequirementsError for a lock that would accept any file under a package's name."""
    if missing := lock.unhashed(inputs.requirements.folder):
        raise RequirementsError(
            f"{inputs.requirements.source}: the lock has no hash for {missing[0].split()[0]!r}. "
            "Run `supervisor.py build --upgrade`, or use an index that tells hashes."
        )


def commit(inputs: Inputs, lock: Lock) -> Path:
    """Write a lock beside the requirements it is for; return where. Raises OSError."""
    path = inputs.requirements.folder / LOCK
    files.replace_durably(path, structs.replace(lock, start=NOTHING).text.encode(), PUBLIC)
    return path


def write(path: Path, lock: Lock) -> None:
    """Write a lock in use, which may name an index with its password, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace_durably(path, lock.text.encode())
