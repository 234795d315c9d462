"""The expressions in a tree: found with their paths, checked one by one, put into jq text."""

import re
from collections.abc import Callable, Iterator

import jq
import msgspec

from framework.mapping.contract import Tree

PROLOGUE = "def env: {}; {} as $ENV | "  # a mapping must not read our environment
# Most expressions look like this: a term surely compiles, a chain yields exactly one value.
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
    """Return jq text that builds the tree; `leaf` returns the text for an expression."""
    match tree:
        case dict():
            pairs = (f"{quoted(name)}: {rendered(one, leaf)}" for name, one in tree.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(rendered(one, leaf) for one in tree) + "]"
        case _:
            return leaf(tree)


def checked(path: str, tree: Tree, faults: dict[str, str]) -> Tree:
    """Return the tree with `null` for what does not compile; add the reasons to `faults`."""
    match tree:
        case dict():
            return {name: checked(f"{path}.{name}", one, faults) for name, one in tree.items()}
        case list():
            return [checked(f"{path}[{n}]", one, faults) for n, one in enumerate(tree)]
        case _:
            return _compiling(path, tree, faults)


def quoted(text: str) -> str:
    """Return a jq string; jq's escapes are those of JSON."""
    return msgspec.json.encode(text).decode()


def _compiling(path: str, expression: str, faults: dict[str, str]) -> str:
    if PLAIN.fullmatch(expression):
        return expression
    try:
        # First as it was written: in our brackets, ")(" would compile.
        jq.compile(PROLOGUE + expression)
        jq.compile(f"{PROLOGUE}({expression}\n)")
    except ValueError as error:
        first = str(error).partition("\n")[0]  # the rest shows our prologue
        reason = first.removeprefix("jq: error: ").partition(" at <top-level>")[0]
        faults[path] = f"{expression!r} does not compile: {reason}"
        return "null"
    return expression
