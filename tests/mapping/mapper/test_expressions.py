import jq
import pytest

from framework.mapping.mapper.expressions import (
    ONE_VALUE,
    PLAIN,
    PROLOGUE,
    checked,
    leaves,
    quoted,
    rendered,
)

TREE = {"a": ".a", "b": [".b", {"c": ".c"}]}


def test_leaves_and_rendered_meet_the_expressions_in_the_same_order() -> None:
    met: list[str] = []

    text = rendered(TREE, lambda leaf: met.append(leaf) or "0")

    assert [leaf for _, leaf in leaves("", TREE)] == met
    assert text == '{"a": 0, "b": [0, {"c": 0}]}'


def test_each_leaf_has_a_path() -> None:
    assert [path for path, _ in leaves("m", TREE)] == ["m.a", "m.b[0]", "m.b[1].c"]


def test_what_compiles_stays_as_it_was_written() -> None:
    faults: dict[str, str] = {}

    assert checked("m", TREE, faults) == TREE
    assert faults == {}


@pytest.mark.parametrize(
    "broken",
    [
        "1 +",
        "",
        "# all comment",
        "nosuch",
        "$__f0",
        "'x'",
        'import "a" as a; 1',
        "1) | (2",
        "1\n)",
        ".a\xa0",
        ".a\0",
    ],
)
def test_what_does_not_compile_becomes_null_and_its_fault_quotes_it(broken: str) -> None:
    faults: dict[str, str] = {}

    assert checked("m", {"a": [broken]}, faults) == {"a": ["null"]}
    assert faults["m.a[0]"].startswith(f"{broken!r} does not compile: ")


def test_a_name_is_quoted_so_that_jq_reads_the_same() -> None:
    assert quoted('a"\\(.x)') == '"a\\"\\\\(.x)"'


@pytest.mark.parametrize(
    "plain", [".", ".a", " .a.b_2 ", ".if.and", '"text"', '""', "true", "false", "null", "12"]
)
def test_a_plain_expression_compiles_and_is_one_value(plain: str) -> None:
    assert PLAIN.fullmatch(plain)
    assert ONE_VALUE.fullmatch(plain)
    assert len(jq.compile(f"{PROLOGUE}({plain}\n)").input_value({"if": {}}).all()) == 1


@pytest.mark.parametrize(
    "chain",
    [
        '.a != "x"', ".a // .b // null", ".a|length", ".a | not", '.a.b + "-" + .c', ".a and .b",
        ".a > 5", ".a <= 5 or .b", ".a | tostring | ascii_downcase", ".a==1", "keys | length",
    ],
)  # fmt: skip
def test_a_chain_of_terms_is_one_value(chain: str) -> None:
    assert ONE_VALUE.fullmatch(chain)
    assert len(jq.compile(f"{PROLOGUE}({chain}\n)").input_value({"a": None}).all()) <= 1


@pytest.mark.parametrize(
    "other",
    [".a[]", ".a?", "..", "empty", ".a, .b", ".[]", "def f: 1; f", '"\\(.a, .b)"', ".a # x",
     ".a | empty", "range(3)", ".a as $x | $x", "(.a)", ".a .b", ".a and", "1,2", ".a?//1"],
)  # fmt: skip
def test_what_could_be_none_or_many_is_not_taken_for_one_value(other: str) -> None:
    assert not ONE_VALUE.fullmatch(other)
