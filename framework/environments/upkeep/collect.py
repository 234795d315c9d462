"""Collect garbage: environments that nobody has used for a while, and what they leave behind."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from framework.environments import credentials
from framework.environments.build.build import KEPT
from framework.environments.installed import leases, shelf
from framework.environments.installed.shelf import Built, InUseError
from framework.environments.lock import lock
from framework.environments.lock.locks import IN_USE
from framework.environments.upkeep import inventory
from framework.environments.upkeep.damage import canonical
from framework.environments.upkeep.uses import Uses
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv

KEEP_DAYS = 7.0  # since the last start in it


def due(found: Iterable[Built], uses: Uses, before: float) -> Iterator[Built]:
    """Yield what may go: no integration needs it, none runs in it, none started since `before`.

    `before` is in Unix seconds.
    """
    for built in found:
        if built.key not in uses and built.last_used < before and not leases.in_use(built.path):
            yield built


def collect(root: Path, candidates: Iterable[Built]) -> Iterator[Built]:
    """Remove them; yield each that goes. One that is used or built at this moment stays."""
    (root / "build").mkdir(exist_ok=True)
    for built in candidates:
        with (
            TemporaryDirectory(
                prefix="collected-", dir=root / "build", ignore_cleanup_errors=True
            ) as aside,
            suppress(InUseError),
        ):
            shelf.take_down(root, built, Path(aside, "env"))
            yield built


def old_locks(root: Path, left: Iterable[Built], before: float) -> Iterator[Path]:
    """Yield locks that no environment was built from; the latest of a folder is kept.

    It says which versions an integration had, although its environment may be gone.
    """
    needed = {_body(built.path / KEPT) for built in left}
    for folder in (root / IN_USE).glob("*"):
        for path in sorted(folder.glob("*.lock"), key=shelf.touched)[:-1]:
            if shelf.touched(path) < before and _body(path) not in needed:
                yield path


def tidy(uv: Uv, gone: Iterable[Built], left: Iterable[Built], stop: Event) -> int:
    """Drop from uv's cache what no environment holds any more; return the bytes that are free.

    Raises BuildUnavailableError if a build is in the way.
    """
    before = inventory.measure(uv.cache).own
    if names := _names(gone) - _names(left):
        installer.drop(uv, names, stop)
    installer.prune(uv, stop)
    return max(0, before - inventory.measure(uv.cache).own)


def _body(path: Path) -> str:
    try:
        return lock.parse(credentials.redacted(path.read_text("utf-8"))).body
    except (OSError, UnicodeDecodeError):
        return ""


def _names(environments: Iterable[Built]) -> set[str]:
    receipts = (built.receipt for built in environments if built.receipt)
    return {canonical(pin.partition("==")[0]) for one in receipts for pin in one.packages}
