"""Tables for a terminal, made of what the API answers."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

COLOURS = {
    "READY": "green",
    "listening": "green",
    "completed": "green",
    "ready": "green",
    "BACKOFF": "red",
    "BLOCKED": "red",
    "failed": "red",
    "down": "red",
    "degraded": "yellow",
    "DEGRADED": "yellow",
}


def status(answer: dict[str, Any]) -> RenderableType:
    """Show the supervisor, its triggers, its integrations (failed first) and the sandbox."""
    parts: list[RenderableType] = [
        Text.assemble("supervisor ", _coloured(answer["state"])),
        _triggers(answer["triggers"]),
        _integrations(answer["integrations"]),
    ]
    if sandbox := answer.get("sandbox"):
        parts.append(_sandbox(sandbox))
    return Group(*parts)


def integrations(found: list[dict[str, Any]]) -> Table:
    """Show what the configuration names."""
    table = Table("INTEGRATION", "TYPE", "FOLDER", box=None)
    for one in found:
        table.add_row(one["identifier"], one["type"], Text(one["folder"]))
    return table


def environments(built: list[dict[str, Any]]) -> Table:
    """Show each integration's environment and how long it took to have it."""
    table = Table("INTEGRATION", "ENVIRONMENT", "SECONDS", "PATH", box=None)
    for one in built:
        path = Text(one["path"])
        table.add_row(one["identifier"], one["environment"], f"{one['seconds']:.2f}", path)
    return table


def _triggers(triggers: list[dict[str, Any]]) -> Table:
    table = Table("TRIGGER", "STATE", "REASON", box=None)
    for trigger in triggers:
        reason = Text(trigger.get("reason") or "")  # a plain string's [words] would be markup
        table.add_row(trigger["type"], _coloured(trigger["state"]), reason)
    return table


def _integrations(integrations: list[dict[str, Any]]) -> Table:
    table = Table(
        "INTEGRATION", "TYPE", "STATE", "PID", "RESTARTS", "LAST RESYNC", "REASON", box=None
    )
    for one in sorted(integrations, key=lambda one: (one["state"] == "READY", one["identifier"])):
        table.add_row(
            one["identifier"],
            one["type"],
            _coloured(one["state"]),
            str(one["pid"] or ""),
            str(one["restarts"]),
            _resync(one.get("lastResync")),
            Text(one.get("reason") or (one.get("lastResync") or {}).get("error") or ""),
        )
    return table


def _resync(resync: dict[str, Any] | None) -> Text:
    if resync is None:
        return Text("none yet", style="dim")
    when = (resync.get("endedAt") or resync["startedAt"])[: len("2026-01-31T12:00:00")]
    return Text.assemble(_coloured(resync["status"]), " ", when.replace("T", " "))


def _sandbox(sandbox: dict[str, Any]) -> Text:
    reason = f" ({sandbox['reason']})" if sandbox.get("reason") else ""
    return Text.assemble(
        "sandbox ", _coloured(sandbox["state"]), reason,
        f"  page {sandbox['url']}  kafka {sandbox['kafka']}",
    )  # fmt: skip


def _coloured(word: str) -> Text:
    return Text(word, style=COLOURS.get(word, ""))
