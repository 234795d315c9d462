import pytest

from framework.sandbox.port import entity_rules
from framework.sandbox.port.refusals import RefusedError

BLUEPRINT = {
    "identifier": "topic",
    "schema": {"properties": {}},
    "relations": {"one": {"target": "c"}, "many": {"target": "c", "many": True}},
}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string"}, "a", 1),
        ({"type": "number"}, 1.5, "1"),
        ({"type": "number"}, 0, True),
        ({"type": "boolean"}, False, 0),
        ({"type": "object"}, {}, []),
        ({"type": "array"}, [1, "a"], {}),
        ({"type": "array", "items": {"type": "string"}}, ["a"], [1]),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}}, ["a"], ["b"]),
        ({"type": "array", "minItems": 1, "maxItems": 2}, [1], []),
        ({"type": "array", "maxItems": 1}, [1], [1, 2]),
        ({"type": "string", "enum": ["a", "b"]}, "a", "c"),
        ({"type": "string", "pattern": "^a"}, "ab", "ba"),
        ({"type": "string", "minLength": 2}, "ab", "a"),
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": "number", "minimum": 1}, 1, 0),
        ({"type": "number", "maximum": 1}, 1, 2),
        ({"type": "string", "format": "url"}, "https://a.b/c", "a.b"),
        ({"type": "string", "format": "email"}, "a@b", "a.b"),
        ({"type": "string", "format": "ipv4"}, "127.0.0.1", "::1"),
        ({"type": "string", "format": "ipv6"}, "::1", "127.0.0.1"),
        ({"type": "string", "format": "date-time"}, "2026-11-24T12:00:00Z", "2026-11-24"),
        ({"type": "string", "format": "date-time"}, "2026-11-24T12:00:00.5+01:00", "noonT"),
    ],
)
def test_values_are_held_against_their_schema(schema, good, bad):
    entity_rules.check_value("it", good, schema)
    with pytest.raises(RefusedError, match="it"):
        entity_rules.check_value("it", bad, schema)


@pytest.mark.parametrize("format_", ["markdown", "user"])
def test_other_formats_are_not_looked_at(format_):
    entity_rules.check_value("it", "anything", {"type": "string", "format": format_})


@pytest.mark.parametrize(
    "shape",
    [{"title": 1}, {"icon": []}, {"team": 1}, {"team": [1]}, {"properties": []}, {"relations": 1}],
)
def test_a_misshapen_entity_is_refused(shape):
    with pytest.raises(RefusedError, match=next(iter(shape))):
        entity_rules.check_shape(shape)


@pytest.mark.parametrize("team", ["a", ["a", "b"], None])
def test_a_team_is_a_text_or_texts(team):
    entity_rules.check_shape({"team": team, "title": None})


@pytest.mark.parametrize(
    "given",
    [
        {"none": "a"},
        {"one": ["a"]},
        {"many": "a"},
        {"one": {"combinator": "and", "rules": []}},
        {"one": "a b"},
        {"many": ["a", 1]},
        {"one": "x" * 1001},
    ],
)
def test_relations_are_held_against_the_blueprint(given):
    with pytest.raises(RefusedError):
        entity_rules.check_relations({"relations": given}, given, BLUEPRINT)


@pytest.mark.parametrize("given", [{"one": "a"}, {"one": None}, {"many": []}, {"many": ["a"]}])
def test_relations_name_entities_or_nothing(given):
    entity_rules.check_relations({"relations": given}, given, BLUEPRINT)
