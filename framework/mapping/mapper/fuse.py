"""Fuse all expressions of a resource into one jq program, many times faster than one by one.

The program takes a page as one array and yields one JSON text with a row for each raw item. A row
is a list of verdicts: one for each item parsed out of the raw item, or one for the raw item itself.
A verdict is `false` (the selector says no), `null` (there is nothing to parse), `{"at", "error"}`,
or a list with one `[identifier, blueprint, entity]` for each body. If expressions of a body failed,
their errors come fourth.
"""

from msgspec import Struct

from framework.mapping.contract import Program, Tree
from framework.mapping.mapper.expressions import (
    ONE_VALUE,
    PROLOGUE,
    checked,
    leaves,
    quoted,
    rendered,
)

OPTIONAL = ("title", "icon", "team")  # Port takes no null for these
SELECTOR = "selector.query"
ITEMS = "port.itemsToParse"

# Sources number things and Port wants strings, so an integer becomes its decimal digits (Port does
# the same with a number in a request). jq keeps all digits of a 64-bit number.
FINISH = (
    ' | if (.identifier | type) == "number" and (.identifier | tostring | test("^-?[0-9]+$"))'
    " then .identifier |= tostring else . end | [.identifier, .blueprint, .]"
)
VERDICT = (
    "(. as $__item | {selector} as $__s | if $__s.v == true then [{bodies}]"
    " elif $__s.v == false then false"
    ' else {{at: "' + SELECTOR + '", error: ($__s.e // ["it gave \\($__s.v | tojson), not true or'
    ' false"])[0]}} end)'
)
PARSED = (
    '(. as $__raw | {items} as $__l | if ($__l.v | type) == "array" then'
    " {base} as $__base | [$__l.v[] | (try ($__base + {{{name}: .}}) catch $__base) | {verdict}]"
    ' elif $__l == {{v: null}} then [null] else [{{at: "' + ITEMS + '", error: ($__l.e //'
    ' ["it gave \\($__l.v | type), not an array"])[0]}}] end)'
)
# `del` needs a path, and an array that the expression computed has none.
WITHOUT_ITEMS = "(try del({items}\n) catch $__raw)"


class Fused(Struct, frozen=True):
    """The program, the paths of each body's expressions in order, and why some do not compile."""

    text: str
    paths: list[list[str]]
    misconfigured: dict[str, str]


def fuse(program: Program) -> Fused:
    """Replace each expression that does not compile with `null`, and fuse them all."""
    faults: dict[str, str] = {}
    selector = checked(SELECTOR, program.selector, faults)
    bodies = [
        checked(program.prefix(number), body, faults) for number, body in enumerate(program.bodies)
    ]
    verdict = VERDICT.format(selector=_caught(selector), bodies=", ".join(map(_body, bodies)))
    row = _row(program, verdict, faults)
    paths = [
        [path for path, _ in leaves(program.prefix(number), body)]
        for number, body in enumerate(bodies)
    ]
    return Fused(f"{PROLOGUE}map({row}) | tojson", paths, faults)


def _row(program: Program, verdict: str, faults: dict[str, str]) -> str:
    if program.items_to_parse is None:
        return f"[{verdict}]"
    items = checked(ITEMS, program.items_to_parse, faults)
    return PARSED.format(
        items=_caught(items),
        base=WITHOUT_ITEMS.format(items=items) if program.top_level_transform else ".",
        name=quoted(program.item_name),
        verdict=verdict,
    )


def _body(body: Tree) -> str:
    """Return jq text for an entity: all at once, or one by one where an expression raises."""
    finish = FINISH
    for name in OPTIONAL:
        if name in body:
            finish = f" | if .{name} == null then del(.{name}) else . end{finish}"
    expressions = [expression for _, expression in leaves("", body)]
    caught = "".join(f"{_caught(one)} as $__f{n} | " for n, one in enumerate(expressions))
    errors = ", ".join(f"$__f{n}.e" for n in range(len(expressions)))
    values = iter(f"$__f{n}.v" for n in range(len(expressions)))
    at_once = rendered(body, _one)
    one_by_one = rendered(body, lambda _: next(values))
    return (
        f"(try ({at_once}{finish}) catch ($__item | {caught}({one_by_one}{finish}) + [[{errors}]]))"
    )


def _caught(expression: str) -> str:
    return f"(try {{v: {_one(expression)}}} catch {{e: [.]}})"


def _one(expression: str) -> str:
    """Wrap an expression so that it yields one value: its first, or null for none."""
    if ONE_VALUE.fullmatch(expression):
        return f"({expression})"
    return f"([first({expression}\n)] | .[0])"  # the newline ends a comment
