"""Everything about one integration, for a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from framework.console.views import overview, words
from framework.console.views.words import coloured
from framework.environments.installed.built import SHOWN
from framework.journal import DeliveryEntry, Transition
from framework.machine.memory_watch import Measured

MIB = 1024**2


def description(answer: dict[str, Any]) -> RenderableType:
    """Show facts, processes, transitions, the stderr of the last failed process, deliveries."""
    history = msgspec.convert(answer["transitions"], list[Transition])
    parts = [
        _facts(answer, datetime.now(UTC)),
        _processes(msgspec.convert(answer["processes"], list[Measured])),
        _transitions(history),
        _last_words(history),
        _deliveries(msgspec.convert(answer["deliveries"], list[DeliveryEntry])),
    ]
    return Group(*(line for part in parts if part is not None for line in (part, "")))


def _facts(answer: dict[str, Any], now: datetime) -> Table:
    one, limits = answer["integration"], answer["limits"]
    environment = answer["environment"] or {"key": "", "path": "none yet"}
    ago = f"{one['since']} ({words.since(one['since'], now)} ago)" if one["since"] else ""
    soft, hard = _size(limits["memorySoft"]), _size(limits["memory"])
    rows = {
        "integration": f"{one['identifier']}, of type {one['type']}",
        "state": coloured(words.state(one["state"], one["desired"])),
        "desired": one["desired"],
        "since": ago,
        "reason": one["reason"] or "",
        "next try": words.until(one["retryAt"], now),
        "process": f"{one['pid']}, restarts: {one['restarts']}" if one["pid"] else "",
        "last resync": overview.resync(one.get("lastResync")),
        "environment": f"{environment['key'][:SHOWN]}  {environment['path']}".strip(),
        "limits": f"memory {hard} (soft: {soft}), open files {limits['openFiles']}",
        "log": answer["log"],
    }
    table = Table(box=None, show_header=False)
    for name, fact in rows.items():
        if fact:
            table.add_row(name, fact if isinstance(fact, Text) else Text(fact))
    return table


def _processes(found: list[Measured]) -> Table | None:
    if not found:
        return None
    table = Table("PROCESS", "PID", "MEMORY", "AGE", box=None)
    for depth, one in _tree(found):
        name = Text(f"{'  ' * depth}{one.name}")
        table.add_row(name, str(one.pid), _size(one.memory), words.length(one.seconds))
    return table


def _tree(found: list[Measured]) -> Iterator[tuple[int, Measured]]:
    """Yield each process after its parent, with its depth."""
    pids = {one.pid for one in found}
    waiting = [(0, one) for one in reversed(found) if one.parent not in pids]
    while waiting:
        depth, one = waiting.pop()
        yield depth, one
        waiting += [(depth + 1, child) for child in reversed(found) if child.parent == one.pid]


def _transitions(history: list[Transition]) -> Table | None:
    if not history:
        return None
    table = Table("TIME (UTC)", "FROM", "TO", "PID", "END", "REASON", box=None)
    for one in history:
        table.add_row(
            words.clock(one.at),
            one.before,
            coloured(one.after),
            str(one.pid or ""),
            one.signal or ("" if one.exit_code is None else f"exit {one.exit_code}"),
            Text(one.reason or ""),
        )
    return table


def _last_words(history: list[Transition]) -> Text | None:
    """Show the last lines of the process that failed most recently."""
    said = next((one for one in history if one.stderr), None)
    if said is None:
        return None
    whose = f" of pid {said.pid}" if said.pid else ""
    lines = "\n".join(f"  {line}" for line in said.stderr)
    return Text(f"the last lines{whose}, {words.clock(said.at)}:\n{lines}")


def _deliveries(found: list[DeliveryEntry]) -> Table | None:
    if not found:
        return None
    table = Table("RECORDED (UTC)", "DELIVERY", "STATE", "ATTEMPT", "REASON", "EVENT", box=None)
    for one in found:
        table.add_row(
            words.clock(one.recorded_at),
            one.sort,
            coloured(one.state),
            str(one.attempt),
            Text(one.reason),
            Text(one.event),
        )
    return table


def _size(size: int) -> str:
    return f"{size / MIB:,.0f} MiB"
