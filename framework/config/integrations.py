"""The items of `integrations:`, each with its folder and its config checked and completed."""

import re
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from framework import spec
from framework.config import secrecy
from framework.config.folders import Folders
from framework.config.inherited import Inherited
from framework.config.problems import Problems
from framework.config.sections import Sections, without_empty
from framework.document.fit import MisfitError, fit
from framework.environments.settings import Installation
from framework.errors import ConfigError
from framework.machine.limits import Limits, Written
from framework.spec import Spec

SECTION = "integrations"
# It becomes part of file names and of the User-Agent by which entities in Port have an owner.
IDENTIFIER = r"^(?!\.{1,2}\Z)[A-Za-z0-9@_.:\-]{1,100}\Z"
CHARACTERS = "1 to 100 letters, digits or any of @ _ . : -"
VARIABLE = re.compile(r"(?!FRAMEWORK_)[A-Za-z_][A-Za-z0-9_]*")
NAMES = "use letters, digits and _, and do not begin with FRAMEWORK_"


class Item(Installation, frozen=True, kw_only=True):
    """One item of `integrations:` as it is written, keys of `environments:` included."""

    identifier: Annotated[
        str,
        Meta(pattern=IDENTIFIER, description=CHARACTERS),
    ]
    type: str
    config: dict[str, Any] = {}
    env: dict[str, Any] = {}
    enabled: bool = True
    limits: Written = Written()


class Integration(Struct, frozen=True):
    """One integration, ready to be started; `config` has its defaults filled in.

    `secrets` are values of it that must not appear in any text.
    """

    identifier: str
    type: str
    folder: Path
    spec: Spec
    config: dict[str, Any]
    env: dict[str, str]
    installation: Installation = Installation()
    enabled: bool = True
    limits: Limits = Limits()
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Leave out `config`, `env` and the indexes: they may hold secrets."""
        return f"Integration({self.identifier!r}, type={self.type!r})"


def read(sections: Sections, folders: Folders, inherited: Inherited) -> tuple[Integration, ...]:
    """Return every integration that is valid; what is wrong with the others goes to `problems`."""
    items = sections.filled(SECTION)
    if items is None:
        return ()
    if not isinstance(items, list):
        sections.problems.add((SECTION,), "expected a list, each item with identifier and type")
        return ()
    found = []
    for index, written in enumerate(items):
        problems = sections.problems.inside(SECTION, index)
        if problems.about(()):
            continue
        try:
            one = _integration(without_empty(written), folders, inherited, problems)
        except MisfitError as error:
            problems.add(error.keys, str(error))
            continue
        secrets = secrecy.of_integration(
            written, one.config, one.spec, one.installation, sections.sources.secrets
        )
        found.append(structs.replace(one, secrets=secrets))
    _refuse_twins(items, sections.problems)
    return tuple(found)


def _integration(
    written: Any, folders: Folders, inherited: Inherited, problems: Problems
) -> Integration:
    item = fit(written, Item)
    folder = folders.find(item.type)
    if not re.match(IDENTIFIER, item.type):
        raise MisfitError(("type",), f"name the folder with {CHARACTERS}")
    try:
        known = spec.load(folder)
    except ConfigError as error:
        raise MisfitError(("type",), str(error)) from error
    return Integration(
        identifier=item.identifier,
        type=item.type,
        folder=folder,
        spec=known,
        config=known.complete(item.config, problems.inside("config").add),
        env=_env(item.env, problems.inside("env")),
        installation=inherited.merged_installation(item, written),
        enabled=item.enabled,
        limits=inherited.merged_limits(item.limits),
    )


def _env(written: dict[str, Any], problems: Problems) -> dict[str, str]:
    for name, value in written.items():
        if not VARIABLE.fullmatch(name):
            problems.add((name,), f"not a name for a variable here; {NAMES}")
        elif not isinstance(value, str):
            problems.add((name,), "expected a string; put it in quotes")
        elif "\0" in value:
            problems.add((name,), "a variable cannot hold a null character")
    return written


def _refuse_twins(items: list[Any], problems: Problems) -> None:
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        identifier = item.get("identifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str):
            continue
        if identifier in first:
            line = problems.line((SECTION, first[identifier], "identifier"))
            problems.add(
                (SECTION, index, "identifier"),
                f"{identifier!r} stands on line {line} already; give each integration its own",
            )
        first.setdefault(identifier, index)
