"""The table of all integrations: failed first, and readable on a narrow terminal too."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from framework.console.views import ages, words
from framework.console.views.words import coloured

WIDE_COLUMNS = 120  # of a terminal that has room for a line for each integration
WIDE = (
    "INTEGRATION", "TYPE", "STATE", "SINCE", "PID", "RESTARTS", "NEXT TRY", "LAST RESYNC", "REASON",
)  # fmt: skip
NARROW = ("INTEGRATION", "STATE", "SINCE", "PID", "RESTARTS", "NEXT TRY", "RESYNC")
FOLDED = ("TYPE", "LAST RESYNC", "REASON")  # columns that may be long

Row = dict[str, Text]


class Overview:
    """As wide as the terminal: where it is narrow, reasons stand below the table."""

    def __init__(self, integrations: list[dict[str, Any]], now: datetime):
        ordered = sorted(
            integrations, key=lambda one: (words.rank(one["state"]), one["identifier"])
        )
        self._rows = [_row(one, now) for one in ordered]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        if options.max_width >= WIDE_COLUMNS:
            yield _table(self._rows, WIDE)
            return
        yield _table(self._rows, NARROW)
        yield from (
            Text.assemble(" ", row["INTEGRATION"], ": ", row["REASON"])
            for row in self._rows
            if row["REASON"]
        )


def resync(report: dict[str, Any] | None) -> Text:
    """Show how the last resync ended, or that it goes on."""
    if report is None:
        return Text("none yet", style="dim")
    when = ages.clock(report.get("endedAt") or report["startedAt"])
    return Text.assemble(coloured(report["status"]), " ", when)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    table = Table(box=None)
    for name in columns:
        table.add_column(name, no_wrap=name not in FOLDED, overflow="fold")
    for row in rows:
        table.add_row(*(row[name] for name in columns))
    return table


def _row(one: dict[str, Any], now: datetime) -> Row:
    report = one.get("lastResync")
    return {
        "INTEGRATION": Text(one["identifier"]),
        "TYPE": Text(one["type"]),
        "STATE": coloured(words.said(one["state"], one["desired"])),
        "SINCE": Text(ages.since(one["since"], now)),
        "PID": Text(str(one["pid"] or "")),
        "RESTARTS": Text(str(one["restarts"])),
        "NEXT TRY": Text(ages.until(one["retryAt"], now)),
        "LAST RESYNC": resync(report),
        "RESYNC": coloured(report["status"]) if report else resync(None),
        "REASON": Text(one.get("reason") or (report or {}).get("error") or ""),
    }
