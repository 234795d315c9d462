import json

import pytest
from msgspec import Raw

from framework.errors import MappingError
from framework.mapping.mapping import Mapping, literal_blueprints, parse
from framework.port.entity import Options

RULES = {"identifier": ".key", "blueprint": '"issue"'}


def raw(value: object) -> Raw:
    return Raw(json.dumps(value).encode())


def resource(**keys: object) -> dict[str, object]:
    return {"kind": "issue", "port": {"entity": {"mappings": RULES}}, **keys}


def parsed(*resources: object, **options: object) -> Mapping:
    return parse(raw({"resources": resources, **options}))


def mapped(**rules: object) -> Mapping:
    return parsed(resource(port={"entity": {"mappings": {**RULES, **rules}}}))


def test_what_is_absent_has_the_default_that_port_documents() -> None:
    mapping = parsed(resource())

    assert mapping.options == Options(
        merge=True, create_missing_related_entities=True, delete_dependents=True
    )
    assert mapping.threshold == 0.9
    assert mapping.resources[0].program.selector == "true"
    assert bytes(mapping.resources[0].selector) == b"{}"


def test_options_are_read() -> None:
    mapping = parsed(
        resource(),
        deleteDependentEntities=False,
        createMissingRelatedEntities=False,
        enableMergeEntity=False,
        entityDeletionThreshold=1,
    )

    assert mapping.options == Options(
        merge=False, create_missing_related_entities=False, delete_dependents=False
    )
    assert mapping.threshold == 1


def test_a_selector_reaches_the_integration_whole() -> None:
    selector = {"query": ".n > 1", "jql": "project = A", "deep": {"er": [1]}}

    found = parsed(resource(selector=selector)).resources[0]

    assert json.loads(bytes(found.selector)) == selector
    assert found.program.selector == ".n > 1"


@pytest.mark.parametrize("selector", [None, {}, {"query": None}])
def test_a_selector_without_a_query_selects_everything(selector: object) -> None:
    assert parsed(resource(selector=selector)).resources[0].program.selector == "true"


def test_unknown_keys_are_ignored_everywhere() -> None:
    mapping = parsed(
        {
            "kind": "issue",
            "later": 1,
            "port": {"later": 1, "entity": {"later": 1, "mappings": {**RULES, "later": ".x"}}},
        },
        later=1,
    )

    assert mapping.resources[0].program.bodies == [RULES]


def test_one_resource_may_make_several_entities_of_an_item() -> None:
    program = (
        parsed(resource(port={"entity": {"mappings": [RULES, {**RULES, "title": ".t"}]}}))
        .resources[0]
        .program
    )

    assert program.bodies == [RULES, {**RULES, "title": ".t"}]
    assert program.prefix(1) == "port.entity.mappings[1]"


def test_items_to_parse_and_its_options_are_read() -> None:
    port = {
        "entity": {"mappings": RULES},
        "itemsToParse": ".comments",
        "itemsToParseName": "comment",
        "itemsToParseTopLevelTransform": False,
    }

    program = parsed(resource(port=port)).resources[0].program

    assert (program.items_to_parse, program.item_name) == (".comments", "comment")
    assert program.top_level_transform is False


def test_a_scalar_that_yaml_did_not_leave_a_string_is_its_own_expression() -> None:
    mapping = parsed(
        resource(
            selector={"query": True},
            port={"entity": {"mappings": {**RULES, "properties": {"n": 5, "none": None}}}},
        )
    )

    program = mapping.resources[0].program
    assert program.selector == "true"
    assert program.bodies[0]["properties"] == {"n": "5", "none": "null"}


def test_a_search_query_for_a_relation_or_a_team_stays_a_tree() -> None:
    query = {
        "combinator": '"and"',
        "rules": [{"property": '"a"', "operator": '"="', "value": ".x"}],
    }

    body = mapped(team=query, relations={"owner": query}).resources[0].program.bodies[0]

    assert body["team"] == query
    assert body["relations"] == {"owner": query}


def test_a_search_query_for_an_identifier_makes_that_resource_unsupported() -> None:
    mapping = parsed(
        resource(),
        resource(port={"entity": {"mappings": {**RULES, "identifier": {"combinator": '"and"'}}}}),
    )

    good, bad = mapping.resources
    assert good.program.unsupported is None
    assert bad.program.unsupported is not None
    assert bad.program.unsupported.startswith("resources[1].port.entity.mappings.identifier is a")


@pytest.mark.parametrize("config", [None, Raw(b"null"), Raw(b"{}"), raw({"resources": []})])
def test_a_mapping_without_resources_is_an_error(config: Raw | None) -> None:
    with pytest.raises(MappingError, match=r"no resources.*edit the mapping"):
        parse(config)


@pytest.mark.parametrize(
    ("config", "place"),
    [
        (Raw(b"[1]"), "config"),
        (Raw(b"{"), "truncated"),
        (Raw(b"[" * 100_000), "edit the mapping"),
        (raw({"resources": [1]}), r"resources\[0\]"),
        (raw({"resources": [resource(), {"kind": 5}]}), r"resources\[1\]"),
        (raw({"resources": [resource(selector=5)]}), r"resources\[0\]\.selector"),
        (raw({"resources": [resource()], "entityDeletionThreshold": 2}), "entityDeletionThreshold"),
        (raw({"resources": [resource(port={"entity": {"mappings": []}})]}), r"mappings"),
        (raw({"resources": [resource(port={"entity": {"mappings": {}}})]}), "identifier"),
    ],
)
def test_what_cannot_be_read_is_named(config: Raw, place: str) -> None:
    with pytest.raises(MappingError, match=place):
        parse(config)


@pytest.mark.parametrize("rules", [{"identifier": [".a"]}, {"blueprint": {}}, {"blueprint": None}])
def test_an_identity_that_is_no_expression_is_named(rules: dict[str, object]) -> None:
    with pytest.raises(
        MappingError, match=r"resources\[0\]\.port\.entity\.mappings\.\w+: expected"
    ):
        mapped(**rules)


def test_the_hash_changes_with_anything_written_and_with_nothing_else() -> None:
    one = parsed(resource(selector={"query": "true", "jql": "a"})).resources[0]
    same = parsed(resource(selector={"jql": "a", "query": "true"})).resources[0]
    other = parsed(resource(selector={"jql": "b", "query": "true"})).resources[0]

    assert one.hash == same.hash
    assert one.hash != other.hash


def test_only_string_literals_name_a_blueprint_whatever_the_items() -> None:
    several = [
        {**RULES, "blueprint": blueprint}
        for blueprint in ['"issue"', ' "bug" ', '"a\\(.x)"', ".type", '""']
    ]

    found = literal_blueprints(
        parsed(resource(port={"entity": {"mappings": several}})).resources[0]
    )

    assert found == {"issue", "bug"}


def test_a_resource_says_its_name_to_operators() -> None:
    assert parsed(resource(), resource()).resources[1].name == "kind 'issue' (resources[1])"
