"""What the commands share: options, the state folder, how progress and answers are shown."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, RenderableType

ConfigFile = Annotated[Path, typer.Option("--config", help="The configuration file.")]
StateDir = Annotated[
    Path | None,
    typer.Option("--state", help="The state folder.  [default: .state beside the configuration]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DEFAULT = Path("config.yaml")
PIPED_COLUMNS = 1000  # without a terminal, no line is folded and no cell is cut


def state_folder(config: Path, state: Path | None) -> Path:
    """Return the state folder that was named, or the one beside the configuration."""
    return state if state is not None else config.absolute().parent / ".state"


def show(answer: object, table: RenderableType, *, as_json: bool) -> None:
    """Print JSON or a table."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS).print(table)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield what shows the current step on stderr: in place on a terminal, else as a line.

    Only the answer goes to stdout, where a program may read it.
    """
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield lambda line: typer.echo(line, err=True)
        return
    with terminal.status("") as status:
        yield status.update
