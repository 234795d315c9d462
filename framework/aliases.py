"""YAML that stays as small as it looks: what its aliases stand for is counted first.

An alias costs a few bytes, and what it stands for may hold aliases in turn. So a text of 1 KB can
become gigabytes once it is merged or written as JSON ("billion laughs").
"""

from typing import NamedTuple

import yaml

MOST_ADDED = 4 << 20  # bytes that aliases may add, by the estimate below
NODE = 64  # bytes that a value takes, about, besides its text
DEEPEST = 100  # values inside each other; JSON's readers and writers give up at about 1,000


class _Extent(NamedTuple):
    size: int
    depth: int


def check(root: yaml.Node | None) -> None:
    """Raise MarkedYAMLError if aliases make a text too large or too deep, or never end."""
    if root is None:
        return
    extents: dict[yaml.Node, _Extent | None] = {}
    whole = _extent(root, extents)
    once = sum(map(_own_size, extents))
    if whole.size > once + MOST_ADDED:
        raise _refused("its aliases (`*…`) stand for too much text; repeat less", root)


def _extent(node: yaml.Node, extents: dict[yaml.Node, _Extent | None]) -> _Extent:
    """Return how large and deep a node is; `extents` holds None for those around it."""
    if node in extents:
        known = extents[node]
        if known is None:
            raise _refused("an alias (`*…`) stands inside what it stands for", node)
        return known
    extents[node] = None
    inside = [_extent(child, extents) for child in _children(node)]
    depth = 1 + max((one.depth for one in inside), default=0)
    if depth > DEEPEST:
        raise _refused("this is nested too deeply", node)
    found = extents[node] = _Extent(_own_size(node) + sum(one.size for one in inside), depth)
    return found


def _own_size(node: yaml.Node) -> int:
    return NODE + (len(node.value) if isinstance(node, yaml.ScalarNode) else 0)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _refused(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
