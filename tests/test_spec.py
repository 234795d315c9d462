"""`.port/spec.yaml`: reading it, and completing a config by it."""

from pathlib import Path
from typing import Any

import pytest

from framework import spec
from framework.errors import ConfigError
from framework.spec import Configuration, Spec

# An excerpt of what Ocean's integrations carry, with the keys that are none of our business.
OCEAN = """\
title: Jira
icon: Jira
features:
  - type: exporter
    section: Project management
    resources:
      - kind: project
configurations:
  - name: jiraHost
    required: true
    type: string
    description: "The URL of your Jira"
  - name: atlassianUserToken
    required: true
    type: string
    sensitive: true
  - name: pageSize
    type: integer
    default: 50
saas:
  enabled: true
"""


def folder(root: Path, text: str) -> Path:
    (root / ".port").mkdir()
    (root / ".port" / "spec.yaml").write_text(text)
    return root


def complete(known: Spec, config: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[Any, str]]]:
    complaints: list[tuple[Any, str]] = []
    return known.complete(config, lambda *complaint: complaints.append(complaint)), complaints


def test_a_spec_of_ocean_is_understood(tmp_path):
    found = spec.load(folder(tmp_path, OCEAN))

    assert found.configurations is not None
    assert [known.name for known in found.configurations] == [
        "jiraHost",
        "atlassianUserToken",
        "pageSize",
    ]
    assert found.sensitive == {"atlassianUserToken"}


def test_a_folder_without_a_spec_takes_any_config(tmp_path):
    found = spec.load(tmp_path)

    assert complete(found, {"anything": None}) == ({"anything": None}, [])
    assert found.sensitive == frozenset()


def test_a_spec_without_configurations_takes_any_config(tmp_path):
    assert spec.load(folder(tmp_path, "title: x")).configurations is None


def test_an_unreadable_spec_names_its_line(tmp_path):
    with pytest.raises(ConfigError, match=r"\.port/spec\.yaml:3: expected"):
        spec.load(folder(tmp_path, "title: x\nconfigurations: [\n"))


def test_a_misshapen_spec_names_line_and_key(tmp_path):
    text = "configurations:\n  - name: a\n  - type: string\n"

    with pytest.raises(ConfigError, match=r":3: configurations\[1\]\.name: is missing"):
        spec.load(folder(tmp_path, text))


def test_defaults_stand_in_for_absent_and_empty_values():
    known = Spec((Configuration("size", "integer", default=5), Configuration("note")))

    assert complete(known, {}) == ({"size": 5}, [])
    assert complete(known, {"size": None, "note": None}) == ({"size": 5}, [])
    assert complete(known, {"size": 6, "note": "x"}) == ({"size": 6, "note": "x"}, [])


def test_a_required_key_needs_a_value_unless_it_has_a_default():
    known = Spec(
        (
            Configuration("host", "url", required=True),
            Configuration("size", "integer", required=True, default=5),
        )
    )

    assert complete(known, {})[1] == [(("host",), "is missing; this type needs it (url)")]


def test_an_unknown_key_is_named_with_the_nearest_known_one():
    known = Spec((Configuration("bootstrap_servers"),))

    assert complete(known, {"bootstrap_server": "x"})[1] == [
        (("bootstrap_server",), "unknown key; did you mean bootstrap_servers?")
    ]


def test_every_wrong_value_is_named():
    known = Spec((Configuration("size", "integer"), Configuration("on", "boolean")))

    assert [keys for keys, _ in complete(known, {"size": "x", "on": "y"})[1]] == [
        ("size",),
        ("on",),
    ]


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("string", "a", "a"),
        ("url", "https://example.com/x", "https://example.com/x"),
        ("integer", 5, 5),
        ("integer", "5", 5),
        ("number", 1.5, 1.5),
        ("number", "2", 2),
        ("boolean", True, True),
        ("boolean", "false", False),
        ("object", {"a": None}, {"a": None}),
        ("array", [1, "b"], [1, "b"]),
        ("a type of tomorrow", [1], [1]),
    ],
)
def test_a_value_of_the_right_type_is_taken(kind, written, meant):
    assert Configuration("key", kind).accept(written) == meant


@pytest.mark.parametrize(
    ("kind", "written", "text"),
    [
        ("string", 5, "expected a string, got an integer; put it in quotes"),
        ("url", "example.com", "expected an address such as https://example.com"),
        ("integer", "hunter2", "expected an integer, got a string"),
        ("integer", 1.5, "expected an integer, got a number"),
        ("integer", True, "expected an integer, got true or false"),
        ("number", "x", "expected an integer or a number, got a string"),
        ("boolean", "maybe", "expected true or false, got a string"),
        ("object", [], "expected a mapping, got a list"),
        ("array", {}, "expected a list, got a mapping"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_without_showing_it(kind, written, text):
    with pytest.raises(ConfigError) as caught:
        Configuration("key", kind).accept(written)

    assert str(caught.value) == text
