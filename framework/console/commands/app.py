"""The commands that talk to a running supervisor, and `logs`, which reads what one left."""

import typer

from framework.console.commands import control, logs, reload, show


def opened() -> typer.Typer:
    """Return a command line with these commands; the caller may add more."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Every Port integration on one machine.",
    )
    for part in (control, show, reload, logs):
        app.add_typer(part.app)
    return app
