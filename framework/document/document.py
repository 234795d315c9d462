"""A YAML file that people write: its values, and the line of each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from framework import aliases
from framework.document.loader import Loader, line_of, sentence
from framework.errors import ConfigError

Keys = tuple[str | int, ...]
"""The path from the top of a file to a value: ("integrations", 0, "type")."""


class MissingFileError(ConfigError):
    """There is no such file."""


class Document(Struct, frozen=True):
    """The values of one file; `root` has their lines."""

    path: Path
    values: dict[str, Any]
    root: yaml.MappingNode

    def line(self, keys: Keys) -> int:
        """Return the line of the value at `keys`, or of the nearest value around it."""
        node: yaml.Node = self.root
        line = 1
        for key in keys:
            step = next((one for one in _children(node) if one[0] == key), None)
            if step is None:
                return line
            line, node = line_of(step[1]), step[2]
        return line

    def where(self, keys: Keys) -> str:
        """Return a value's place for a message: `config.yaml:7: triggerChannel.type`."""
        place = f"{self.path}:{self.line(keys)}"
        return f"{place}: {named(keys)}" if keys else place


def read(path: Path) -> Document:
    """Read a file whose top level is a mapping; raise ConfigError with line and reason."""
    text = _text(path)
    try:
        return _document(path, Loader(text))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{path}:{line}: the character #x{error.character:04x} is not allowed in YAML"
        ) from error
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path}:{sentence(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def named(keys: Keys) -> str:
    """Return `keys` as people write them: `integrations[0].type`."""
    steps = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(steps).removeprefix(".")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: no such file") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from error


def _document(path: Path, loader: Loader) -> Document:
    root = loader.get_single_node()
    if not isinstance(root, yaml.MappingNode):
        found = {yaml.SequenceNode: "a list", yaml.ScalarNode: "text"}.get(type(root), "nothing")
        raise ConfigError(f"{path}:1: expected a mapping (`key: value`), found {found}")
    aliases.check(root)
    return Document(path, loader.construct_object(root, deep=True), root)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node, yaml.Node]]:
    """Yield each child's key, the node of that key, and the child."""
    if isinstance(node, yaml.MappingNode):
        # Merged keys come first in a mapping; its own keys override them.
        yield from ((key.value, key, value) for key, value in reversed(node.value))
    elif isinstance(node, yaml.SequenceNode):
        yield from ((index, item, item) for index, item in enumerate(node.value))
