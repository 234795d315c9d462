"""PyYAML's safe loader, limited to what JSON can express, and its errors in one sentence."""

import re
from typing import Any

import msgspec
import yaml

# What JSON knows, too. Dates are left out, so `2026-11-24` stays text.
TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("null", "bool", "int", "float", "str", "seq", "map", "merge")
}
TEXT = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"
TIMESTAMP = "tag:yaml.org,2002:timestamp"
# PyYAML quotes names of aliases and tags, which may be a password that was not quoted.
QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")


class Loader(yaml.SafeLoader):
    """Refuses what JSON cannot express, and a duplicate key."""

    yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse custom tags, dates and binaries."""
        node = super().compose_node(parent, index)
        if node is not None and node.tag not in TAGS:
            raise _refused("a tag (`!…`) has no meaning here; put the value in quotes", node)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse a key that is not text, and a duplicate."""
        mapping = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag not in (TEXT, MERGE):
                raise _refused("a key must be text; put it in quotes", key)
            if key.value in lines:
                raise _refused(f"`{key.value}` stands on line {lines[key.value]} already", key)
            lines[key.value] = line_of(key)
        return mapping

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Refuse a scalar that its tag does not fit, or that JSON cannot express."""
        try:
            value = super().construct_object(node, deep)
            if isinstance(node, yaml.ScalarNode):
                msgspec.json.encode(value)
        except (ValueError, LookupError) as error:
            raise _refused("this is not what its tag or its form promises", node) from error
        return value


def sentence(error: yaml.MarkedYAMLError) -> str:
    """Return the line and what is wrong with the YAML, without text that may be secret."""
    assert error.problem_mark is not None
    problem = QUOTED.sub(_unnamed, error.problem or "")
    if error.context is None or error.context_mark is None:
        return f"{error.problem_mark.line + 1}: {problem}"
    context = f"{QUOTED.sub(_unnamed, error.context)} from line {error.context_mark.line + 1}"
    return f"{error.problem_mark.line + 1}: {problem} ({context})"


def _unnamed(quoted: re.Match[str]) -> str:
    text = quoted[1] or quoted[2] or ""
    return quoted[0] if len(text) <= 1 or text[0] in "<\\" else "…"


def line_of(node: yaml.Node) -> int:
    """Return the line a node begins on, counted from 1."""
    return int(node.start_mark.line) + 1


def _refused(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
