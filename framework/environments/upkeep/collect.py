"""Collect garbage: environments unused for a while, and the locks and cache they leave behind."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from framework.environments import credentials, layout
from framework.environments.building.build import KEPT
from framework.environments.installed import built, leases
from framework.environments.installed.built import Built, InUseError
from framework.environments.lock import lock
from framework.environments.upkeep import inventory
from framework.environments.upkeep.damage import canonical
from framework.environments.upkeep.uses import Uses
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv

KEEP_DAYS = 7.0  # since the last start in it


def due(environments: Iterable[Built], uses: Uses, before: float) -> Iterator[Built]:
    """Yield what may go: no integration needs it, none runs in it, none started since `before`.

    `before` is in Unix seconds.
    """
    for one in environments:
        if one.key not in uses and one.last_used < before and not leases.in_use(one.path):
            yield one


def collect(root: Path, candidates: Iterable[Built]) -> Iterator[Built]:
    """Remove the candidates; yield each that is gone. One in use, or being built, stays."""
    scratch = root / layout.SCRATCH
    scratch.mkdir(exist_ok=True)
    for one in candidates:
        with (
            TemporaryDirectory(
                prefix="collected-", dir=scratch, ignore_cleanup_errors=True
            ) as folder,
            suppress(InUseError),
        ):
            built.take_away(root, one, Path(folder, "env"))
            yield one


def old_locks(root: Path, left: Iterable[Built], before: float) -> Iterator[Path]:
    """Yield locks that no environment was built from; the latest of a folder is kept.

    It says which versions an integration had, although its environment may be gone.
    """
    needed = {_body(one.path / KEPT) for one in left}
    for folder in (root / layout.LOCKS_IN_USE).glob("*"):
        for path in sorted(folder.glob("*.lock"), key=built.touched)[:-1]:
            if built.touched(path) < before and _body(path) not in needed:
                yield path


def tidy(uv: Uv, gone: Iterable[Built], left: Iterable[Built], stop: Event) -> int:
    """Drop from uv's cache what no environment holds any more; return how many bytes that freed.

    Raises BuildUnavailableError if a build is in the way.
    """
    before = inventory.measure(uv.cache).own
    if packages := _packages(gone) - _packages(left):
        installer.drop(uv, packages, stop)
    installer.prune(uv, stop)
    return max(0, before - inventory.measure(uv.cache).own)


def _body(path: Path) -> str:
    try:
        return lock.parse(credentials.redacted(path.read_text("utf-8"))).body
    except (OSError, UnicodeDecodeError):
        return ""


def _packages(environments: Iterable[Built]) -> set[str]:
    receipts = (one.receipt for one in environments if one.receipt)
    return {canonical(pin.partition("==")[0]) for receipt in receipts for pin in receipt.packages}
