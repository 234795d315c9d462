"""The commands that start, stop, restart, pause, resume and resync integrations."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from framework.console import client
from framework.console.commands.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    StateDir,
    show,
    state_folder,
    telling,
)
from framework.console.control import outcomes
from framework.console.control.outcomes import End, Outcome
from framework.console.control.selection import Choice
from framework.console.control.verbs import VERBS, Integration, Verb
from framework.console.views import words
from framework.errors import FrameworkError

INTERRUPTED = 130  # exit status, as shells have it

Named = Annotated[
    list[str] | None, typer.Argument(metavar="IDENTIFIER", help="Which integrations.")
]
All = Annotated[bool, typer.Option("--all", help="Every integration.")]
Failed = Annotated[bool, typer.Option("--failed", help="Those in BACKOFF, CRASH_LOOP and BLOCKED.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Ask, and do not wait until it is so.")]
Say = Callable[[str], None]

app = typer.Typer()


def _offer(verb: Verb) -> None:
    @app.command(verb.name, help=verb.help)
    def command(
        named: Named = None,
        config: ConfigFile = DEFAULT,
        state: StateDir = None,
        *,
        everything: All = False,
        failed: Failed = False,
        no_wait: NoWait = False,
        as_json: AsJson = False,
    ) -> None:
        choice = Choice(named or (), everything, failed)
        choice.check()
        folder = state_folder(config, state)
        with telling() as say:
            asked = _asked(verb, choice, folder, say)
            ends = _noted(asked, folder) if no_wait else _settled(verb, asked, folder, say)
        fine = {End.DONE, End.OPEN} if no_wait else {End.DONE}
        lines = [_line(one) for one in ends if one.end in fine]
        if as_json or lines or not ends:
            show(ends, Text("\n".join(lines) or "nothing to do"), as_json=as_json)
        if complaints := [outcomes.complaint(verb, one) for one in ends if one.end not in fine]:
            raise FrameworkError("\n".join(complaints))


for _verb in VERBS:
    _offer(_verb)


def _asked(verb: Verb, choice: Choice, folder: Path, say: Say) -> list[Integration]:
    asked = choice.made(_look(folder), verb, say)
    for one in asked:
        verb.ask(folder, one.identifier)
    return asked


@app.command()
def resync(identifier: str, config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Have an integration read its source again; the running supervisor does it."""
    event = client.resync(state_folder(config, state), identifier)
    typer.echo(f"recorded as {event}; `supervisor.py status` shows how it goes")


def _noted(asked: list[Integration], folder: Path) -> list[Outcome]:
    return outcomes.noted(asked, lambda: _look(folder))


def _settled(verb: Verb, asked: list[Integration], folder: Path, say: Say) -> list[Outcome]:
    try:
        return outcomes.settled(verb, asked, lambda: _look(folder), say)
    except KeyboardInterrupt:
        typer.echo("only the wait has ended, the request stands", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _look(folder: Path) -> dict[str, Integration]:
    found = msgspec.convert(client.status(folder)["integrations"], list[Integration])
    return {one.identifier: one for one in found}


def _line(outcome: Outcome) -> str:
    assert outcome.state
    assert outcome.desired
    word = words.state(outcome.state, outcome.desired)
    if outcome.end is End.OPEN:
        return f"{outcome.identifier}: asked for; it is {word}"
    pid = f", pid {outcome.pid}" if outcome.pid else ""
    return f"{outcome.identifier}: {word}{pid}"
