"""The commands that start, stop, restart, pause, resume and resync integrations."""

from collections.abc import Callable
from functools import partial
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
    progress,
    show,
    state_folder,
)
from framework.console.control import outcomes
from framework.console.control.outcomes import End, Look, Outcome
from framework.console.control.selection import Selection
from framework.console.control.verbs import VERBS, Integration, Verb
from framework.console.views import words
from framework.errors import FrameworkError

INTERRUPTED = 130  # exit status, as shells have it

Named = Annotated[
    list[str] | None, typer.Argument(metavar="IDENTIFIER", help="Which integrations.")
]
All = Annotated[bool, typer.Option("--all", help="Every integration.")]
Failed = Annotated[bool, typer.Option("--failed", help="Those in BACKOFF, CRASH_LOOP or BLOCKED.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the outcome.")]
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
        selection = Selection(named or (), everything, failed)
        selection.check()
        look = partial(_look, state_folder(config, state))
        with progress() as say:
            asked = selection.pick(look(), verb, say)
            for one in asked:
                verb.ask(state_folder(config, state), one.identifier)
            ends = outcomes.noted(asked, look) if no_wait else _settled(verb, asked, look, say)
        fine = {End.DONE, End.OPEN} if no_wait else {End.DONE}
        lines = [_line(one) for one in ends if one.end in fine]
        if as_json or lines or not ends:
            show(ends, Text("\n".join(lines) or "nothing to do"), as_json=as_json)
        if complaints := [outcomes.complaint(verb, one) for one in ends if one.end not in fine]:
            raise FrameworkError("\n".join(complaints))


for _verb in VERBS:
    _offer(_verb)


@app.command()
def resync(identifier: str, config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Have an integration read its source again."""
    event = client.resync(state_folder(config, state), identifier)
    typer.echo(f"recorded as {event}; `supervisor.py status` shows its progress")


def _settled(verb: Verb, asked: list[Integration], look: Look, say: Say) -> list[Outcome]:
    try:
        return outcomes.settled(verb, asked, look, say)
    except KeyboardInterrupt:
        typer.echo("stopped waiting; the request stands", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _look(folder: Path) -> dict[str, Integration]:
    found = msgspec.convert(client.status(folder)["integrations"], list[Integration])
    return {one.identifier: one for one in found}


def _line(outcome: Outcome) -> str:
    assert outcome.state
    assert outcome.desired
    word = words.state(outcome.state, outcome.desired)
    if outcome.end is End.OPEN:
        return f"{outcome.identifier}: requested; it is {word}"
    pid = f", pid {outcome.pid}" if outcome.pid else ""
    return f"{outcome.identifier}: {word}{pid}"
