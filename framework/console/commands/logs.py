"""The command `logs`; it reads the files, so no supervisor needs to run."""

from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from framework.console.commands.options import DEFAULT, ConfigFile, StateDir, state_folder
from framework.errors import ConfigError
from framework.logs import files, line
from framework.logs.tail import Tail

Identifier = Annotated[
    str | None, typer.Argument(help="An integration; without it, the supervisor itself.")
]
Lines = Annotated[
    int, typer.Option("-n", "--lines", min=0, help="How many of the newest entries to show.")
]
Follow = Annotated[bool, typer.Option("-f", "--follow", help="Show new ones, too, until Ctrl-C.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]

app = typer.Typer()


@app.command()
def logs(
    identifier: Identifier = None,
    config: ConfigFile = DEFAULT,
    state: StateDir = None,
    *,
    lines: Lines = 20,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Show what an integration or the supervisor has logged; neither needs to run."""
    path = _path(state_folder(config, state), identifier)
    render = line.as_json if as_json else line.as_text
    with closing(Tail(path)) as tail, suppress(KeyboardInterrupt):
        for written in tail.last(lines):
            typer.echo(render(line.parse(written)))
        if not follow:
            return
        for written in tail.follow(Event()):
            typer.echo(render(line.parse(written)))


def _path(state: Path, identifier: str | None) -> Path:
    known = files.owners(state)
    if identifier is not None and identifier not in known:
        there = f"there are: {', '.join(known)}" if known else "no integration has logged anything"
        raise ConfigError(f"{state}: no log of {identifier!r}; {there}")
    path = files.path(state, identifier or files.OWN)
    if identifier is None and not path.exists():
        raise ConfigError(f"{path}: no such file; name the supervisor's state folder with --state")
    return path
