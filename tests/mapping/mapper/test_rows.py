"""Items in, entities out: `fuse` and `rows` together, with the real jq."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw

from framework.errors import MappingError
from framework.mapping.contract import Program, Translated
from framework.mapping.mapper.rows import Translator

Mapped = Callable[..., Program]
Translate = Callable[..., Translated]
PREFIX = "port.entity.mappings"


def bodies(page: Translated) -> list[Any]:
    return [json.loads(bytes(entity.body)) for entity in page.entities]


def test_an_item_becomes_an_entity(mapped: Mapped, translate: Translate) -> None:
    program = mapped(
        title=".name",
        icon='"Jira"',
        team=".team",
        properties={"url": ".self", "n": ".list | length"},
        relations={"project": ".project.key"},
    )
    item = {"id": "A-1", "name": "A", "team": ["t"], "self": "http", "list": [1]}

    page = translate(program, {**item, "project": {"key": "P"}})

    [entity] = page.entities
    assert (entity.identifier, entity.blueprint) == ("A-1", "issue")
    assert bodies(page) == [
        {
            "identifier": "A-1",
            "blueprint": "issue",
            "title": "A",
            "icon": "Jira",
            "team": ["t"],
            "properties": {"url": "http", "n": 1},
            "relations": {"project": "P"},
        }
    ]
    assert (page.items, page.selected, page.skipped, page.failed) == (1, 1, 0, 0)
    assert (page.without_identity, page.misconfigured, page.broken) == ([0], {}, None)


def test_null_clears_a_property_and_a_relation_but_title_icon_and_team_are_left_out(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped(
        title=".x", icon=".x", team=".x", properties={"p": ".x"}, relations={"r": ".x"}
    )

    page = translate(program, {"id": "1"})

    assert bodies(page) == [
        {
            "identifier": "1",
            "blueprint": "issue",
            "properties": {"p": None},
            "relations": {"r": None},
        }
    ]
    assert page.misconfigured == {}


def test_an_expression_gives_its_first_value_and_null_for_none(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped(properties={"first": "repeat(1)", "none": "empty", "note": ".id # why"})

    page = translate(program, {"id": "1"})

    assert bodies(page)[0]["properties"] == {"first": 1, "none": None, "note": "1"}


def test_an_error_in_a_property_is_null_and_misconfigured_and_harms_nothing_else(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped(
        title=".a.b", properties={"good": ".id", "bad": ".a.b", "odd": "error({x: 1})"}
    )

    page = translate(program, {"id": "1", "a": "text"}, {"id": "2", "a": {"b": "fine"}})

    assert [body["properties"]["good"] for body in bodies(page)] == ["1", "2"]
    assert [body["properties"]["bad"] for body in bodies(page)] == [None, "fine"]
    assert bodies(page)[1]["title"] == "fine"
    assert page.misconfigured == {
        f"{PREFIX}.title": 'Cannot index string with string ("b")',
        f"{PREFIX}.properties.bad": 'Cannot index string with string ("b")',
        f"{PREFIX}.properties.odd": '{"x":1}',
    }
    assert (page.broken, page.failed) == (None, 0)


def test_what_does_not_compile_is_null_and_misconfigured(
    mapped: Mapped, translate: Translate
) -> None:
    page = translate(mapped(properties={"bad": "1 +", "good": "1"}), {"id": "1"})

    assert bodies(page)[0]["properties"] == {"bad": None, "good": 1}
    assert "does not compile" in page.misconfigured[f"{PREFIX}.properties.bad"]
    assert page.broken is None


@pytest.mark.parametrize("rules", [{"identifier": "1 +"}, {"blueprint": "nosuch"}, {"query": ")("}])
def test_an_identity_or_selector_that_does_not_compile_breaks_even_an_empty_page(
    mapped: Mapped, translate: Translate, rules: dict[str, str]
) -> None:
    page = translate(mapped(**rules))

    assert page.broken is not None
    assert "does not compile" in page.broken


def test_an_error_in_the_identity_breaks_the_page_but_not_the_other_items(
    mapped: Mapped, translate: Translate
) -> None:
    page = translate(mapped(identifier=".id.x"), {"id": {"x": "1"}}, {"id": "text"})

    assert [entity.identifier for entity in page.entities] == ["1"]
    assert (page.failed, page.without_identity) == (1, [1])
    assert page.broken == f'{PREFIX}.identifier: Cannot index string with string ("x")'


def test_an_error_is_shown_in_part(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped(identifier='error("x" * 1000)'), {})

    assert page.broken is not None
    assert len(page.broken) < 400


def test_the_selector_must_be_true_itself(mapped: Mapped, translate: Translate) -> None:
    page = translate(
        mapped(query=".s"), *({"id": "1", "s": s} for s in (True, False, 1, None, "x"))
    )

    assert len(page.entities) == 1
    assert (page.items, page.selected, page.skipped, page.failed) == (5, 1, 1, 3)
    assert page.broken == "selector.query: it gave 1, not true or false"


def test_an_error_in_the_selector_fails_the_item(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped(query=".a.b > 1"), {"id": "1", "a": []}, {"id": "2", "a": {"b": 2}})

    assert [entity.identifier for entity in page.entities] == ["2"]
    assert page.failed == 1
    assert page.broken is not None
    assert page.broken.startswith("selector.query: Cannot index array")


@pytest.mark.parametrize("value", [None, "", 1.5, True, ["a"], {"a": 1}])
def test_an_identifier_that_is_no_name_makes_no_entity(
    mapped: Mapped, translate: Translate, value: object
) -> None:
    page = translate(mapped(), {"id": value}, {"id": "good"})

    assert [entity.identifier for entity in page.entities] == ["good"]
    assert (page.selected, page.without_identity, page.broken) == (2, [1], None)
    assert (f"{PREFIX}.identifier" in page.misconfigured) is (value is not None)


def test_a_blueprint_that_is_no_name_makes_no_entity(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped(blueprint=".type"), {"id": "1", "type": 5}, {"id": "2", "type": "bug"})

    assert [entity.blueprint for entity in page.entities] == ["bug"]
    assert page.misconfigured == {f"{PREFIX}.blueprint": "it gave 5, not a name"}


@pytest.mark.parametrize("number", [0, -7, 12345678901234567890])
def test_an_integer_identifier_is_its_decimal_digits(
    mapped: Mapped, translate: Translate, number: int
) -> None:
    page = translate(mapped(properties={"n": ".id"}), {"id": number})

    assert page.entities[0].identifier == str(number)
    assert bodies(page)[0]["identifier"] == str(number)
    assert bodies(page)[0]["properties"] == {"n": number}


def test_several_rules_make_several_entities_and_count_apart(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped({"title": ".t"}, {"identifier": ".other", "blueprint": '"o"', "title": ".a.b"})

    page = translate(program, {"id": "1", "t": "T"}, {"id": "2", "other": "x", "a": 1})

    assert [(one.blueprint, one.identifier) for one in page.entities] == [
        ("issue", "1"), ("issue", "2"), ("o", "x")
    ]  # fmt: skip
    assert (page.selected, page.without_identity) == (2, [0, 1])
    assert list(page.misconfigured) == [f"{PREFIX}[1].title"]


def test_a_search_query_is_passed_through_with_its_values(
    mapped: Mapped, translate: Translate
) -> None:
    rules = [{"property": '"mail"', "operator": '"="', "value": ".mail"}]
    program = mapped(relations={"owner": {"combinator": '"and"', "rules": rules}})

    page = translate(program, {"id": "1", "mail": "a@b"}, {"id": "2", "mail": None})

    assert bodies(page)[0]["relations"]["owner"] == {
        "combinator": "and",
        "rules": [{"property": "mail", "operator": "=", "value": "a@b"}],
    }


def test_names_of_properties_may_hold_anything(mapped: Mapped, translate: Translate) -> None:
    names = ['a"b', "\\(.id)", "é", "$x", "a.b"]

    page = translate(mapped(properties=dict.fromkeys(names, ".id")), {"id": "1"})

    assert bodies(page)[0]["properties"] == dict.fromkeys(names, "1")


def test_the_environment_cannot_be_read(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped(properties={"a": "env", "b": "$ENV", "c": "env.PATH"}), {"id": "1"})

    assert bodies(page)[0]["properties"] == {"a": {}, "b": {}, "c": None}


def test_items_that_are_no_objects_fail_one_by_one(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped(), "text", None, 5, {"id": "1"})

    assert [entity.identifier for entity in page.entities] == ["1"]
    assert (page.items, page.failed, page.without_identity) == (4, 2, [3])


def test_the_next_item_is_out_of_reach(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped(title="input.id"), {"id": "1"}, {"id": "2"})

    assert [entity.identifier for entity in page.entities] == ["1", "2"]
    assert f"{PREFIX}.title" in page.misconfigured


def test_a_page_without_items_has_no_entities(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped())

    assert (page.entities, page.items, page.broken) == ([], 0, None)


@pytest.mark.parametrize("expression", ["halt", "halt_error", 'if .id == "2" then halt else 1 end'])
def test_a_page_that_ends_early_is_an_error(
    mapped: Mapped, translate: Translate, expression: str
) -> None:
    with pytest.raises(MappingError, match="gave 0 results"):
        translate(mapped(title=expression), {"id": "1"}, {"id": "2"})


@pytest.mark.parametrize(("depth", "reason"), [(20_000, "jq gave up"), (5_000, "cannot be read")])
def test_items_that_are_too_deep_for_jq_or_for_us_are_an_error(
    mapped: Mapped, depth: int, reason: str
) -> None:
    deep = Raw(b'{"id": "1", "deep": ' + b"[" * depth + b"]" * depth + b"}")

    with pytest.raises(MappingError, match=reason):
        Translator(mapped(title=".deep")).translate([deep])


def test_an_item_that_is_two_is_an_error(mapped: Mapped) -> None:
    with pytest.raises(MappingError, match="a page of 1 items gave 2 rows"):
        Translator(mapped()).translate([Raw(b'{"id":"1"},{"id":"2"}')])


def test_more_expressions_than_jq_takes_are_an_error(mapped: Mapped) -> None:
    program = mapped(properties={f"p{number}": f".p{number}" for number in range(1500)})

    with pytest.raises(MappingError, match="not all of them together"):
        Translator(program)


# --- itemsToParse ---------------------------------------------------------------------------


def test_items_are_parsed_out_of_an_item_and_know_their_parent(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped(
        identifier=".item.id", title=".name", itemsToParse=".list", properties={"l": ".list"}
    )

    page = translate(program, {"name": "N", "list": [{"id": "1"}, {"id": "2"}]}, {"list": []})

    assert [(body["identifier"], body.get("title")) for body in bodies(page)] == [
        ("1", "N"), ("2", "N")
    ]  # fmt: skip
    assert bodies(page)[0]["properties"] == {"l": None}
    assert (page.items, page.selected) == (2, 2)


def test_the_parsed_items_may_have_another_name_and_stay_in_their_parent(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped(
        identifier=".c",
        itemsToParse=".list",
        itemsToParseName="c",
        itemsToParseTopLevelTransform=False,
        properties={"n": ".list | length"},
    )

    page = translate(program, {"list": ["a", "b"]})

    assert [body["properties"]["n"] for body in bodies(page)] == [2, 2]


def test_items_may_be_made_instead_of_found(mapped: Mapped, translate: Translate) -> None:
    program = mapped(identifier=".item", itemsToParse="[.m | keys[]]", properties={"m": ".m.a"})

    page = translate(program, {"m": {"a": 1, "b": 2}})

    assert [entity.identifier for entity in page.entities] == ["a", "b"]
    assert bodies(page)[0]["properties"] == {"m": 1}


def test_the_selector_sees_each_parsed_item(mapped: Mapped, translate: Translate) -> None:
    program = mapped(query=".item.on", identifier=".item.id", itemsToParse=".list")

    page = translate(program, {"list": [{"id": "1", "on": True}, {"id": "2", "on": False}]})

    assert (page.selected, page.skipped, len(page.entities)) == (1, 1, 1)


def test_no_array_to_parse_counts_as_no_identity(mapped: Mapped, translate: Translate) -> None:
    page = translate(mapped({}, {}, itemsToParse=".list"), {}, {"list": None})

    assert (page.items, page.selected, page.without_identity) == (2, 2, [2, 2])
    assert page.broken is None


@pytest.mark.parametrize("expression", [".list", ".list.x", "1 +", '"a"'])
def test_what_is_no_array_breaks_the_page(
    mapped: Mapped, translate: Translate, expression: str
) -> None:
    page = translate(mapped(itemsToParse=expression), {"list": "text"})

    assert page.broken is not None
    assert page.broken.startswith("port.itemsToParse: ")


def test_items_parsed_out_of_what_is_no_object_have_no_name(
    mapped: Mapped, translate: Translate
) -> None:
    program = mapped(itemsToParse=".", itemsToParseTopLevelTransform=False)

    page = translate(program, [1, 2])

    assert (page.items, page.selected, page.failed) == (1, 2, 2)
