"""Tables for a terminal, made of what the API answers."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from framework.console.views.overview_old import Overview
from framework.console.views.words import coloured


def status(answer: dict[str, Any]) -> RenderableType:
    """Show the supervisor, its triggers, its integrations (failed first) and the sandbox."""
    parts: list[RenderableType] = [
        Text.assemble("supervisor ", coloured(answer["state"])),
        *_unread(answer.get("unread")),
        _triggers(answer["triggers"]),
        Overview(answer["integrations"], datetime.now(UTC)),
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


def _unread(reason: str | None) -> list[Text]:
    """Show why the configuration as it is now is not in use."""
    return [Text(f"not reloaded: {reason}", style="red")] if reason else []


def _triggers(triggers: list[dict[str, Any]]) -> Table:
    table = Table("TRIGGER", "STATE", "REASON", box=None)
    for trigger in triggers:
        reason = Text(trigger.get("reason") or "")  # a plain string's [words] would be markup
        table.add_row(trigger["type"], coloured(trigger["state"]), reason)
    return table


def _sandbox(sandbox: dict[str, Any]) -> Text:
    reason = f" ({sandbox['reason']})" if sandbox.get("reason") else ""
    return Text.assemble(
        "sandbox ", coloured(sandbox["state"]), reason,
        f"  page {sandbox['url']}  kafka {sandbox['kafka']}",
    )  # fmt: skip
