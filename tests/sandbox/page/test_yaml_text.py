import pytest

from framework.sandbox.page import yaml_text
from framework.sandbox.page.yaml_text import Spot, TextError


def test_a_mapping_survives_being_a_text():
    mapping = {"resources": [{"kind": "ü", "port": {"a": "x\ny\n", "b": "true", "n": 0.9}}]}
    assert yaml_text.load(yaml_text.dump(mapping)) == mapping


def test_dates_stay_texts_and_merged_keys_are_merged():
    text = "base: &b {a: 2026-01-01}\nresources:\n  - {<<: *b, kind: k}\n"
    assert yaml_text.load(text)["resources"] == [{"a": "2026-01-01", "kind": "k"}]


@pytest.mark.parametrize(
    ("text", "spot", "words"),
    [
        ("resources: [", Spot(1, 13), "expected"),
        ("resources:\n- a: 1\n  a: 2\n", Spot(3, 3), "twice"),
        ("resources: []\non: 1\n", Spot(2, 1), "quotes"),
        ("resources: []\n1: 1\n", Spot(2, 1), "quotes"),
        ("resources: []\n[a]: 1\n", Spot(2, 1), "quotes"),
        ("a: !!python/none x\n", Spot(1, 4), "constructor"),
        ("a: 1\nb: \x01", Spot(2, 4), "character"),
        ("", Spot(1, 1), "resources"),
        ("- a", Spot(1, 1), "resources"),
        ("resources: a", Spot(1, 1), "list"),
        ("a: *x", Spot(1, 4), "alias"),
        ("[" * 600, Spot(1, 1), "deeply"),
    ],
)
def test_what_is_no_mapping_is_refused_with_its_place(text, spot, words):
    with pytest.raises(TextError, match=words) as refused:
        yaml_text.load(text)
    assert refused.value.spot == spot
