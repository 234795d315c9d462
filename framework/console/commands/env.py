"""The commands of `supervisor.py env`; they work beside a running supervisor and without one."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from framework.console.commands.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    StateDir,
    progress,
    show,
    state_folder,
)
from framework.console.views import environments as tables
from framework.environments import Environments, Wanted
from framework.environments.upkeep import damage
from framework.environments.upkeep.collect import KEEP_DAYS
from framework.environments.upkeep.upkeep import Upkeep
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would go; remove nothing.")]
OlderThan = Annotated[
    float, typer.Option(metavar="DAYS", min=0, help="Days since a process last started in it.")
]
Repair = Annotated[bool, typer.Option("--repair", help="Rebuild what is damaged.")]
Deep = Annotated[bool, typer.Option("--deep", help="Compare contents, not only sizes.")]


def opened(wanted: Callable[[Path], list[Wanted]]) -> typer.Typer:
    """Return the commands; `wanted` reads a configuration, which takes long to import."""
    app = typer.Typer(no_args_is_help=True, help="List, tidy up and repair environments.")
    commands = Commands(wanted)
    app.command("list")(commands.list)
    app.command()(commands.gc)
    app.command()(commands.doctor)
    return app


class Commands:
    """One method for each command."""

    def __init__(self, wanted: Callable[[Path], list[Wanted]]):
        self._wanted = wanted

    def list(
        self, config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False
    ) -> None:
        """List what is built: for whom, how large, when and why."""
        rows = self._upkeep(config, state).rows()
        show(rows, tables.inventory(rows), as_json=as_json)

    def gc(
        self,
        config: ConfigFile = DEFAULT,
        state: StateDir = None,
        *,
        dry_run: DryRun = False,
        older_than: OlderThan = KEEP_DAYS,
        as_json: AsJson = False,
    ) -> None:
        """Remove environments that no integration needs and that have not been used for a while."""
        upkeep = self._upkeep(config, state)
        with progress() as say:
            done = upkeep.collectable(older_than) if dry_run else upkeep.collect(older_than, say)
        show(done, tables.collection(done), as_json=as_json)

    def doctor(
        self,
        config: ConfigFile = DEFAULT,
        state: StateDir = None,
        *,
        repair: Repair = False,
        deep: Deep = False,
        as_json: AsJson = False,
    ) -> None:
        """Find files that are missing or changed; exit status 1 if damage remains."""
        upkeep = self._upkeep(config, state)
        sound = damage.by_hash if deep else damage.by_size
        work = upkeep.repair if repair else upkeep.examine
        with progress() as say:
            done = work(sound, say)
        show(done, tables.examination(done), as_json=as_json)
        if not done.healthy:
            raise typer.Exit(1)

    def _upkeep(self, config: Path, state: Path | None) -> Upkeep:
        root = state_folder(config, state).absolute() / "environments"
        uv = Uv(installer.find(), root / "uv-cache")
        return Upkeep(root, Environments(root), uv, self._wanted(config), Event())
