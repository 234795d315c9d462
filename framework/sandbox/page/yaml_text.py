"""A mapping as people edit it: from JSON to YAML and back."""

from typing import Any

import yaml
from msgspec import Struct

from framework import aliases
from framework.errors import FrameworkError
from framework.sandbox.port.calls import Json

WIDE = 1_000_000  # never fold a line: jq is easier to read on one


class Spot(Struct, frozen=True):
    """A place in a text, counted from 1."""

    line: int
    column: int


class TextError(FrameworkError):
    """The text is not a mapping; `spot` says where."""

    def __init__(self, message: str, spot: Spot):
        super().__init__(message)
        self.spot = spot


class _Dumper(yaml.SafeDumper):
    """Writes strings of several lines as blocks and indents lists, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the parent's signature
        super().increase_indent(flow, False)  # noqa: FBT003 - positional there


class _Loader(yaml.SafeLoader):
    """Reads what JSON can hold: keys are strings and unique, dates stay strings."""

    yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def dump(mapping: Json) -> str:
    """Return a mapping as YAML, in its own order."""
    return yaml.dump(mapping, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDE)


def load(text: str) -> Json:
    """Return the mapping in a text; raise TextError saying where the text is wrong."""
    try:
        value = _value(_Loader(text))
    except yaml.MarkedYAMLError as error:
        message = ": ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark
        spot = Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)
        raise TextError(message, spot) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        spot = Spot(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise TextError("a character that YAML does not allow", spot) from error
    except RecursionError as error:
        raise TextError("this is nested too deeply", Spot(1, 1)) from error
    if not isinstance(value, dict):
        raise TextError("a mapping begins with `resources:`", Spot(1, 1))
    if not isinstance(value.get("resources"), list):
        raise TextError("`resources:` must be a list, one item for each kind", Spot(1, 1))
    return value


def _value(loader: _Loader) -> Any:
    root = loader.get_single_node()
    aliases.check(root)
    return None if root is None else loader.construct_object(root, deep=True)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _object(loader: yaml.SafeLoader, node: yaml.MappingNode) -> Json:
    loader.flatten_mapping(node)
    value: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node)
        if not isinstance(key, str):
            raise _complaint(f"the key {key!r} must be a string; put it in quotes", key_node)
        if key in value:
            raise _complaint(f"the key {key!r} occurs twice", key_node)
        value[key] = loader.construct_object(value_node, deep=True)
    return value


def _complaint(message: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, message, node.start_mark)


_Dumper.add_representer(str, _text)
_Loader.add_constructor("tag:yaml.org,2002:map", _object)
