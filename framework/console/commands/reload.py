"""The command that takes a changed configuration into use."""

from typing import Annotated, Any

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
from framework.errors import ConfigError
from framework.state import NotRunningError

SIGNS = {"added": "+", "changed": "~", "unchanged": "=", "removed": "-"}
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")]

app = typer.Typer()


@app.command("reload")
def reload_(
    config: ConfigFile = DEFAULT,
    state: StateDir = None,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take the configuration file into use; what has not changed keeps its process."""
    ask = client.preview if dry_run else client.reload
    try:
        with telling() as say:
            say("reading the configuration" if dry_run else "reloading the configuration")
            answer = ask(state_folder(config, state))
    except NotRunningError:
        raise
    except ConfigError as error:
        raise ConfigError(f"{error}\nnothing was changed") from error
    show(answer, difference(answer), as_json=as_json)


def difference(answer: dict[str, Any]) -> Text:
    """Show a line for each integration and each setting that could not change, and a sum."""
    lines = [_line(one) for one in answer["integrations"]]
    lines += [
        f"{section} has changed, and cannot while the supervisor runs: restart the supervisor"
        for section in answer["restart"]
    ]
    done = "" if answer["applied"] else "; nothing was changed"
    changes = [one["change"] for one in answer["integrations"]]
    total = ", ".join(f"{word}: {changes.count(word)}" for word in SIGNS)
    return Text("\n".join([*lines, total + done]))


def _line(one: dict[str, Any]) -> str:
    what = f"  ({', '.join(one['what'])})" if one["what"] else ""
    return f"{SIGNS[one['change']]} {one['identifier']}{what}"
