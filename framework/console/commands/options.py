"""What the commands share: options, the state folder, how progress and answers are shown."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from framework.texts import printable, printable_json

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


class Printable:
    """What it is made of, with control characters escaped: texts come from processes and sources.

    A terminal would obey them, whatever rich makes of the rest.
    """

    def __init__(self, shown: RenderableType):
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for one in console.render(self._shown, options):
            yield one if one.control else Segment(printable(one.text), one.style)


def show(answer: object, table: RenderableType, *, as_json: bool) -> None:
    """Print JSON or a table."""
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(answer)).decode()
        typer.echo(printable_json(text))
    else:
        Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS).print(Printable(table))


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield what shows the current step on stderr: in place on a terminal, else as a line.

    Only the answer goes to stdout, where a program may read it.
    """
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield lambda line: typer.echo(printable(line), err=True)
        return
    with terminal.status("") as status:
        yield lambda line: status.update(printable(line))
