"""What an integration brings along for Port: the blueprints and mapping in `.port/resources`."""

import json
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

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
    """Read the defaults in an integration's folder; what is absent is empty.

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
    identifiers = [_identifier(path, number, item) for number, item in enumerate(found, 1)]
    for identifier in identifiers:
        if identifiers.count(identifier) > 1:
            raise ConfigError(f"{path}: blueprint {identifier!r} stands there twice; remove one")
    return found


def _identifier(path: Path, number: int, item: object) -> str:
    identifier = item.get("identifier") if isinstance(item, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise ConfigError(f"{path}: blueprint number {number} has no identifier; give it one")
    return identifier


def _mapping(folder: Path) -> dict[str, Any]:
    found = [folder / name for name in MAPPINGS if (folder / name).is_file()]
    if not found:
        return {}
    path = found[0]
    try:
        mapping = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}{_line(error)}: not YAML: {_problem(error)}") from error
    if mapping is None:
        return {}
    if not isinstance(mapping, dict):
        raise ConfigError(f"{path}:1: expected a mapping with `resources:`")
    return mapping


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; make it readable") from error


def _line(error: yaml.YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f":{mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    return problem or str(error).splitlines()[0]
