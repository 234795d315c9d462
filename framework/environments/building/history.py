"""What each integration's environment was last built from: it tells why a new one is needed."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from framework import files
from framework.environments import credentials, layout
from framework.environments.building.build import Order
from framework.environments.python import identity
from framework.environments.python.identity import Python

FIRST_BUILD = "first build"
LOST = "it was missing or damaged"
OTHERWISE = "environments are built in another way now"
MOST = 5  # changes of one sort that are named
NAME = re.compile(r"(?:-c )?([A-Za-z0-9][\w.\-]*)(?:\[[^\]]*\])?")


class Record(Struct, frozen=True, rename="camel"):
    """What one environment was built from; `packages` are names and versions in the lock."""

    key: str
    python: Python
    requirements: list[str]
    packages: list[str]
    sources: dict[str, str]


class History:
    """One small file for each integration, below the root."""

    def __init__(self, root: Path):
        self._folder = root / layout.HISTORY

    def why(self, label: str, now: Record) -> str:
        """Say why an environment must be built, compared with the integration's last one."""
        try:
            text = self._path(label).read_bytes()
            before = msgspec.json.decode(text, type=Record)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return FIRST_BUILD
        if before.key == now.key:
            return LOST
        return "; ".join(_changes(before, now)) or OTHERWISE

    def keep(self, label: str, now: Record) -> None:
        """Record what the integration's environment was built from, if the disk takes it."""
        path = self._path(label)
        content = msgspec.json.encode(now)
        with suppress(OSError):  # it serves messages alone: the environment is there
            files.make_private(self._folder)
            if path.exists() and path.read_bytes() == content:
                return
            files.replace(path, content)

    def _path(self, label: str) -> Path:
        return self._folder / f"{label}.json"


def record(order: Order) -> Record:
    """Write down what an environment is built from, without credentials."""
    return Record(
        key=order.key,
        python=order.inputs.python,
        requirements=[credentials.redacted(line) for line in order.inputs.requirements.lines],
        packages=[credentials.redacted(package) for package in order.lock.packages],
        sources={str(source.path): source.digest for source in order.inputs.sources},
    )


def _changes(before: Record, now: Record) -> Iterator[str]:
    requirements = _difference(before.requirements, now.requirements)
    if requirements:
        yield f"requirements changed: {requirements}"
    if changed := identity.change(before.python, now.python):
        yield changed
    packages = _difference(before.packages, now.packages)
    if packages and not requirements:
        yield f"lock changed: {packages}"
    for path, digest in now.sources.items():
        if before.sources.get(path, digest) != digest:
            yield f"sources changed: {path}"


def _difference(before: Sequence[str], now: Sequence[str]) -> str:
    """Name what was added (+), removed (-) and changed."""
    gone, new = _by_name(set(before) - set(now)), _by_name(set(now) - set(before))
    found = [f"+{name}" for name in new if name not in gone]
    found += [f"-{name}" for name in gone if name not in new]
    found += [f"{gone[name]} → {new[name]}" for name in new if name in gone]
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return ", ".join(found[:MOST] + more)


def _by_name(lines: set[str]) -> dict[str, str]:
    named = {line: NAME.match(line) for line in sorted(lines)}
    return {name[1].lower() if name else line: line for line, name in named.items()}
