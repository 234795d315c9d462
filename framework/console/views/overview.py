"""The tables of `status`, `check` and `build`, made of what the API answers."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from framework.console.views import words
from framework.console.views.words import coloured

WIDE_COLUMNS = 120  # a terminal this wide has room for a line for each integration
WIDE = (
    "INTEGRATION", "TYPE", "STATE", "SINCE", "PID", "RESTARTS", "NEXT TRY", "LAST RESYNC", "REASON",
)  # fmt: skip
NARROW = ("INTEGRATION", "STATE", "SINCE", "PID", "RESTARTS", "NEXT TRY", "RESYNC")
FOLDED = ("TYPE", "LAST RESYNC", "REASON")  # columns that may be long

Row = dict[str, Text]


def status(answer: dict[str, Any]) -> RenderableType:
    """Show the supervisor, its triggers, its integrations (failed first) and the sandbox."""
    parts: list[RenderableType] = [Text.assemble("supervisor ", coloured(answer["state"]))]
    if unread := answer.get("unread"):
        parts.append(Text(f"not reloaded: {unread}", style="red"))
    if rows := answer.get("unreadableRows"):
        parts.append(Text(f"the journal has {rows} unreadable rows; the log names them", "red"))
    triggers = Table("TRIGGER", "STATE", "REASON", box=None)
    for trigger in answer["triggers"]:
        reason = Text(trigger.get("reason") or "")  # a plain string's [words] would be markup
        triggers.add_row(trigger["type"], coloured(trigger["state"]), reason)
    parts += [triggers, Overview(answer["integrations"], datetime.now(UTC))]
    if sandbox := answer.get("sandbox"):
        why = f" ({sandbox['reason']})" if sandbox.get("reason") else ""
        where = f"{why}  page {sandbox['url']}  kafka {sandbox['kafka']}"
        parts.append(Text.assemble("sandbox ", coloured(sandbox["state"]), where))
    return Group(*parts)


def integrations(found: list[dict[str, Any]]) -> Table:
    """Show what the configuration names."""
    table = Table("INTEGRATION", "TYPE", "FOLDER", box=None)
    for one in found:
        table.add_row(one["identifier"], one["type"], Text(one["folder"]))
    return table


def environments(built: list[dict[str, Any]]) -> Table:
    """Show each integration's environment and how long its build took."""
    table = Table("INTEGRATION", "ENVIRONMENT", "SECONDS", "PATH", box=None)
    for one in built:
        path = Text(one["path"])
        table.add_row(one["identifier"], one["environment"], f"{one['seconds']:.2f}", path)
    return table


class Overview:
    """A table of all integrations as wide as the terminal; on a narrow one, reasons come below."""

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
        for row in self._rows:
            if row["REASON"]:
                yield Text.assemble(" ", row["INTEGRATION"], ": ", row["REASON"])


def resync(report: dict[str, Any] | None) -> Text:
    """Show how and when the last resync ended, or when the one that goes on began."""
    if report is None:
        return Text("none yet", style="dim")
    when = words.clock(report.get("endedAt") or report["startedAt"])
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
        "STATE": coloured(words.state(one["state"], one["desired"])),
        "SINCE": Text(words.since(one["since"], now)),
        "PID": Text(str(one["pid"] or "")),
        "RESTARTS": Text(str(one["restarts"])),
        "NEXT TRY": Text(words.until(one["retryAt"], now)),
        "LAST RESYNC": resync(report),
        "RESYNC": coloured(report["status"]) if report else resync(None),
        "REASON": Text(one.get("reason") or (report or {}).get("error") or ""),
    }
