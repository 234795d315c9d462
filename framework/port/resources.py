"""An integration's defaults for Port: the blueprints and the mapping in `.port/resources`."""

import json
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from framework import aliases
from framework.errors import ConfigError

FOLDER = Path(".port") / "resources"
BLUEPRINTS = "blueprints.json"
MAPPINGS = ("port-app-config.yaml", "port-app-config.yml")


class Resources(Struct, frozen=True):
    """The defaults of one integration: its blueprints, in order, and its mapping."""

    type: str
    version: str
    identifier: str
    blueprints: list[dict[str, Any]]
    mapping: dict[str, Any]


def load(folder: Path, type_: str, identifier: str, version: str) -> Resources:
    """Read the defaults in an integration's folder; an absent file means none.

    Raises ConfigError naming file and line.
    """
    blueprints = _blueprints(folder / FOLDER / BLUEPRINTS)
    return Resources(type_, version, identifier, blueprints, _mapping(folder / FOLDER))


def _blueprints(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        found = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: not JSON: {error.msg}") from error
    if not isinstance(found, list):
        raise ConfigError(f"{path}:1: expected a list of blueprints")
    identifiers = set()
    for number, item in enumerate(found, 1):
        identifier = item.get("identifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str) or not identifier:
            raise ConfigError(f"{path}: blueprint number {number} has no identifier; give it one")
        if identifier in identifiers:
            raise ConfigError(f"{path}: there are two blueprints {identifier!r}; remove one")
        identifiers.add(identifier)
    return found


def _mapping(folder: Path) -> dict[str, Any]:
    found = [folder / name for name in MAPPINGS if (folder / name).is_file()]
    if not found:
        return {}
    path = found[0]
    try:
        mapping = _value(yaml.SafeLoader(_text(path)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(f"{path}{line}: not YAML: {problem}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error
    if mapping is None:
        return {}
    if not isinstance(mapping, dict):
        raise ConfigError(f"{path}:1: expected a mapping with `resources:`")
    return mapping


def _value(loader: yaml.SafeLoader) -> Any:
    root = loader.get_single_node()
    aliases.check(root)
    return None if root is None else loader.construct_document(root)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; make it readable") from error
