"""What is damaged in one environment: every row of each RECORD is compared with the file it names.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import base64
import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from framework.environments.installed.receipt import Receipt

MISSING, CHANGED, UNREADABLE = "missing", "changed", "unreadable"

Row = list[str]  # a path relative to site-packages, a hash, a size; "" where there is none
Sound = Callable[[Path, Row], bool]  # raises OSError if the file cannot be looked at


class Damage(Struct, frozen=True):
    """A file that is not as it was installed; `package` is "" for the environment's own."""

    path: str
    what: str
    package: str = ""


def found(folder: Path, receipt: Receipt, sound: Sound) -> Iterator[Damage]:
    """Yield what is damaged in an environment; `sound` is `by_size` or `by_hash`."""
    for name in ("bin/python", "pyvenv.cfg"):
        if not (folder / name).exists():  # follows the link: its Python may be gone
            yield Damage(name, MISSING)
    site_packages = folder / receipt.site_packages
    installed = {
        canonical(info.name.partition("-")[0]): info for info in site_packages.glob("*.dist-info")
    }
    for pin in receipt.packages:
        name = canonical(pin.partition("==")[0])
        yield from _package(name, installed.get(name, site_packages / f"{name}.dist-info"), sound)


def by_size(path: Path, row: Row) -> bool:
    """Compare sizes: milliseconds for thousands of files."""
    size = path.stat().st_size
    return not row[2] or size == int(row[2])


def by_hash(path: Path, row: Row) -> bool:
    """Read the file, compare hashes."""
    algorithm, _, expected = row[1].partition("=")
    if not expected:
        return by_size(path, row)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, algorithm).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == expected


def canonical(name: str) -> str:
    """Normalise a package's name for comparison."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _package(name: str, info: Path, sound: Sound) -> Iterator[Damage]:
    try:
        # Not with importlib.metadata: from Python 3.12 on it leaves out the files that are missing.
        record = csv.reader((info / "RECORD").read_text("utf-8").splitlines())
        # What is in __pycache__ is Python's own, made again whenever it likes.
        rows = [row for row in record if row and "__pycache__/" not in row[0]]
    except (OSError, ValueError):
        rows = []
    if not rows:
        yield Damage(f"{info.name}/RECORD", MISSING, name)
    for row in rows:
        if what := _what(info.parent / row[0], row, sound):
            yield Damage(row[0], what, name)


def _what(path: Path, row: Row, sound: Sound) -> str | None:
    try:
        return None if sound(path, row) else CHANGED
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except OSError:
        return UNREADABLE
    except (ValueError, IndexError):
        return CHANGED  # the row itself is not as it was
