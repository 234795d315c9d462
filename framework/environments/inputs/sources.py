"""Files and folders of this machine that packages are installed from, with their hashes."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from msgspec import Struct

from framework.errors import BuildUnavailableError

# What tools make beside the sources; `build` and `dist` may be the names of packages further down.
IGNORED = (".git", ".hg", ".venv", ".tox", "__pycache__", ".*_cache", "*.egg-info", "*.pyc")
IGNORED_ON_TOP = ("build", "dist", "venv", "node_modules")
ABSENT = "absent"

Stats = tuple[tuple[str, int, int], ...]  # relative path, size, modification time in ns


class Source(Struct, frozen=True):
    """A file or folder, and the hash of all that counts in it."""

    path: Path
    digest: str


class Sources:
    """Remembers hashes by the sizes and times of files, so that a second look reads no file."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, Stats], str] = {}

    def look(self, path: Path) -> Source:
        """Return the source at `path` as it is now; a missing one has the digest "absent"."""
        try:
            stats = tuple(_stats(path))
            known = self._known.get((path, stats))
            digest = known or _digest(path, stats)
        except OSError:
            return Source(path, ABSENT)  # uv reports it
        self._known[path, stats] = digest
        return Source(path, digest)


def copy(source: Source, to: Path) -> Path:
    """Copy a source; raise BuildUnavailableError if it has changed since it was hashed.

    uv would keep what it once built from a folder, and a build would write into it.
    """
    copied = to / source.path.name
    if source.path.is_dir():
        shutil.copytree(source.path, copied, symlinks=True, ignore=_Ignore(source.path))
    elif source.path.exists():
        to.mkdir(parents=True)
        shutil.copy2(source.path, copied)
    if Sources().look(copied).digest != source.digest:
        raise BuildUnavailableError(f"{source.path} was changed at this moment. Start again.")
    return copied


class _Ignore(Struct, frozen=True):
    """Tells `shutil.copytree` what does not count in a folder of the tree at `top`."""

    top: Path

    def __call__(self, folder: str, names: list[str]) -> set[str]:
        patterns = (*IGNORED, *IGNORED_ON_TOP) if Path(folder) == self.top else IGNORED
        return {name for name in names if any(fnmatch(name, one) for one in patterns)}


def _stats(path: Path) -> Iterator[tuple[str, int, int]]:
    if not path.is_dir():
        found = path.stat()
        yield "", found.st_size, found.st_mtime_ns
        return
    ignore = _Ignore(path)
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(set(folders) - ignore(folder, folders))
        for name in sorted(set(files) - ignore(folder, files)):
            file = Path(folder, name)
            found = file.stat()
            yield str(file.relative_to(path)), found.st_size, found.st_mtime_ns


def _digest(path: Path, stats: Stats) -> str:
    digest = hashlib.sha256()
    for name, *_ in stats:
        with (path / name if name else path).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()
