"""The command `reload`: apply a changed configuration."""

from typing import Annotated, Any

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
from framework.errors import ConfigError
from framework.state import NotRunningError

SIGNS = {"added": "+", "changed": "~", "unchanged": "=", "removed": "-"}
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]

app = typer.Typer()


@app.command("reload")
def reload_(
    config: ConfigFile = DEFAULT,
    state: StateDir = None,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Apply the configuration file; an unchanged integration keeps its process."""
    ask = client.preview if dry_run else client.reload
    try:
        with progress() as say:
            say("reading the configuration" if dry_run else "reloading the configuration")
            answer = ask(state_folder(config, state))
    except NotRunningError:
        raise
    except ConfigError as error:
        raise ConfigError(f"{error}\nnothing was changed") from error
    show(answer, difference(answer), as_json=as_json)


def difference(answer: dict[str, Any]) -> Text:
    """Show each integration, each section that needs a restart, and how many changed."""
    lines = []
    for one in answer["integrations"]:
        what = f"  ({', '.join(one['what'])})" if one["what"] else ""
        lines.append(f"{SIGNS[one['change']]} {one['identifier']}{what}")
    lines += [
        f"`{section}` has changed: restart the supervisor to apply it"
        for section in answer["restart"]
    ]
    changes = [one["change"] for one in answer["integrations"]]
    total = ", ".join(f"{word}: {changes.count(word)}" for word in SIGNS)
    lines.append(total if answer["applied"] else f"{total}; nothing was changed")
    return Text("\n".join(lines))
