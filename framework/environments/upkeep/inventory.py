"""The list of environments as operators read it."""

from datetime import UTC, datetime

from msgspec import Struct

from framework.environments.installed import leases
from framework.environments.installed.shelf import Built
from framework.environments.upkeep import size
from framework.environments.upkeep.uses import UNUSED, Uses


class Row(Struct, frozen=True, rename="camel"):
    """One environment: times are ISO 8601, sizes bytes; `own_size` is what removing it frees.

    `why` is the reason it was built for; what a damaged receipt cannot tell is empty.
    """

    key: str
    path: str
    used_by: tuple[str, ...]
    previous_of: tuple[str, ...]
    in_use: bool
    python: str
    packages: list[str]
    own_size: int
    shared_size: int
    built_at: str
    last_used_at: str
    why: str


def row(built: Built, uses: Uses) -> Row:
    """Describe one environment."""
    use, receipt = uses.get(built.key, UNUSED), built.receipt
    measured = size.measure(built.path)
    return Row(
        key=built.key,
        path=str(built.path),
        used_by=use.current,
        previous_of=use.previous,
        in_use=leases.in_use(built.path),
        python=receipt.python.release if receipt else "",
        packages=receipt.packages if receipt else [],
        own_size=measured.own,
        shared_size=measured.shared,
        built_at=receipt.built_at if receipt else "",
        last_used_at=_iso(built.last_used),
        why=receipt.why if receipt else "",
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
