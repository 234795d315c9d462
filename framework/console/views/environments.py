"""Tables about environments, for a terminal."""

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from framework.environments.installed.built import SHOWN
from framework.environments.upkeep.inventory import Row
from framework.environments.upkeep.repair import CURED
from framework.environments.upkeep.upkeep import Case, Collection, Examination

LISTED = 5  # damaged files shown of one environment; --json has all
DAY = len("2026-01-31")
FOLDED = ("USED BY", "WHY")  # columns that may be long


def inventory(rows: list[Row]) -> RenderableType:
    """Show the environments and the disk space they take."""
    table = Table(box=None)
    for name in ("KEY", "USED BY", "PYTHON", "PACKAGES", "OWN", "SHARED", "LAST USED", "WHY"):
        table.add_column(name, no_wrap=name not in FOLDED)
    for row in rows:
        table.add_row(
            row.key[:SHOWN],
            Text(", ".join([*row.used_by, *(f"{name} (previous)" for name in row.previous_of)])),
            row.python,
            str(len(row.packages)),
            decimal(row.own_size),
            decimal(row.shared_size),
            "now" if row.in_use else row.last_used_at[:DAY],
            Text(row.why),
        )
    own = decimal(sum(row.own_size for row in rows))
    return Group(table, f"environments: {len(rows)}, their own files: {own}")


def collection(done: Collection) -> RenderableType:
    """Show what was removed, or would be."""
    table = Table("KEY", "PYTHON", "PACKAGES", "LAST USED", "OWN", box=None)
    for row in done.environments:
        table.add_row(
            row.key[:SHOWN],
            row.python,
            str(len(row.packages)),
            row.last_used_at[:DAY],
            decimal(row.own_size),
        )
    return Group(table, _total(done)) if done.environments else Text(_total(done))


def examination(done: Examination) -> RenderableType:
    """Show what is damaged, and what became of it."""
    parts: list[RenderableType] = [_case(case) for case in done.damaged]
    cured = sum(case.outcome in CURED for case in done.damaged)
    total = f"environments: {done.examined}, found damaged: {len(done.damaged)}"
    return Group(*parts, f"{total}, repaired: {cured}" if cured else total)


def _total(done: Collection) -> str:
    went = "that would go" if done.dry_run else "removed"
    total = f"environments {went}: {len(done.environments)}, {decimal(done.freed)}"
    total += f"; old locks: {len(done.locks)}"
    if done.dry_run:
        return total
    return f"{total}; from uv's cache: {done.trouble or decimal(done.freed_in_cache)}"


def _case(case: Case) -> Text:
    lines = [f"  {one.what}: {one.path}" for one in case.damages[:LISTED]]
    if len(case.damages) > LISTED:
        lines.append(f"  and {len(case.damages) - LISTED} more")
    if case.reason:
        lines.append(f"  {case.reason}")
    users = f" ({', '.join(case.used_by)})" if case.used_by else ""
    colour = "green" if case.outcome in CURED else "red"
    files = "\n".join(lines)
    return Text.assemble(f"{case.key[:SHOWN]}{users}: ", (case.outcome, colour), f"\n{files}")
