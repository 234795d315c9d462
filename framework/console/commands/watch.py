"""A status that is shown anew each second."""

from collections.abc import Callable
from threading import Event
from typing import Any

from rich.console import Console as Terminal
from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from framework.console.views import overview
from framework.errors import FrameworkError

EVERY_SECONDS = 1.0


def watch(look: Callable[[], dict[str, Any]], terminal: Terminal, stop: Event) -> None:
    """Show the status until stopped or interrupted, over restarts of the supervisor too."""
    try:
        with Live(console=terminal, auto_refresh=False) as live:
            while not stop.is_set():
                live.update(_shown(look), refresh=True)
                stop.wait(EVERY_SECONDS)
    except KeyboardInterrupt:
        return


def _shown(look: Callable[[], dict[str, Any]]) -> RenderableType:
    try:
        return overview.status(look())
    except FrameworkError as error:
        return Text(str(error))
