"""The expressions in a tree: found with their paths, checked one by one, put into jq text."""

import re
from collections.abc import Callable, Iterator

import jq
import msgspec

from framework.mapping.program import Tree

PROLOGUE = "def env: {}; {} as $ENV | "  # secrets of ours are nobody's raw items
# Most of a mapping is like this. A term compiles; a chain of terms yields exactly one value.
TERM = r"(?:\.|(?:\.[A-Za-z_][A-Za-z0-9_]*)+|\"[^\"\\\x00-\x1f]*\"|[0-9]+|true|false|null)"
BUILTIN = r"(?:ascii_downcase|ascii_upcase|keys|length|not|tonumber|tostring|type)"
OPERATOR = r"(?:\||//|[=!<>]=|[-+*/%<>]|\band\b|\bor\b)"
SPACE = r"[ \t\n]*"
PLAIN = re.compile(f"{SPACE}{TERM}{SPACE}")
ONE_VALUE = re.compile(
    f"{SPACE}(?:{TERM}|{BUILTIN})(?:{SPACE}{OPERATOR}{SPACE}(?:{TERM}|{BUILTIN}))*{SPACE}"
)


def leaves(path: str, tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield each expression with its path, in the order in which `rendered` meets them."""
    match tree:
        case dict():
            for name, one in tree.items():
                yield from leaves(f"{path}.{name}", one)
        case list():
            for number, one in enumerate(tree):
                yield from leaves(f"{path}[{number}]", one)
        case _:
            yield path, tree


def rendered(tree: Tree, leaf: Callable[[str], str]) -> str:
    """Return jq text that builds the tree, with `leaf` saying what stands for an expression."""
    match tree:
        case dict():
            pairs = (f"{quoted(name)}: {rendered(one, leaf)}" for name, one in tree.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(rendered(one, leaf) for one in tree) + "]"
        case _:
            return leaf(tree)


def checked(path: str, tree: Tree, faults: dict[str, str]) -> Tree:
    """Return the tree with `null` for what does not compile; `faults` gets the reasons by path."""
    match tree:
        case dict():
            return {name: checked(f"{path}.{name}", one, faults) for name, one in tree.items()}
        case list():
            return [checked(f"{path}[{n}]", one, faults) for n, one in enumerate(tree)]
        case _:
            return _compiling(path, tree, faults)


def quoted(text: str) -> str:
    """Return a jq string; what JSON escapes, jq escapes alike."""
    return msgspec.json.encode(text).decode()


def _compiling(path: str, expression: str, faults: dict[str, str]) -> str:
    if PLAIN.fullmatch(expression):
        return expression
    try:
        # First as it was written: that finds brackets that close what it did not open.
        jq.compile(PROLOGUE + expression)
        jq.compile(f"{PROLOGUE}({expression}\n)")
    except ValueError as error:
        faults[path] = f"{expression!r} does not compile: {_reason(error)}"
        return "null"
    return expression


def _reason(error: ValueError) -> str:
    first = str(error).partition("\n")[0]  # the rest shows our prologue before what was written
    return first.removeprefix("jq: error: ").partition(" at <top-level>")[0]
