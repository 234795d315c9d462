"""What operators can ask of a running supervisor, and of what it left behind."""

import typer

from framework.console.commands import control, logs, reload, show


def opened() -> typer.Typer:
    """Return a command line with the operators' commands, for others to add theirs."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Every Port integration on one machine.",
    )
    for part in (control, show, reload, logs):
        app.add_typer(part.app)
    return app
