"""Reading YAML: values, lines, and a sentence for whatever is wrong."""

from pathlib import Path

import pytest

from framework.document import document
from framework.errors import ConfigError


def read(folder: Path, text: str) -> document.Document:
    path = folder / "file.yaml"
    path.write_text(text)
    return document.read(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return str(caught.value).removeprefix(f"{folder}/")


def test_every_value_knows_its_line(tmp_path):
    found = read(tmp_path, "a: 1\nb:\n  - c: 2\n  -\n    d: 3\n")

    assert found.values == {"a": 1, "b": [{"c": 2}, {"d": 3}]}
    assert found.line(()) == 1
    assert found.line(("b",)) == 2
    assert found.line(("b", 0, "c")) == 3
    assert found.line(("b", 1, "d")) == 5


def test_an_absent_value_has_the_line_of_what_is_around_it(tmp_path):
    found = read(tmp_path, "a: 1\nb:\n  - c: 2\n")

    assert found.line(("b", 0, "missing", "deeper")) == 3
    assert found.line(("missing",)) == 1


def test_a_place_is_named_as_people_write_it(tmp_path):
    found = read(tmp_path, "a:\n  - b: 2\n")

    assert found.where(("a", 0, "b")) == f"{tmp_path}/file.yaml:2: a[0].b"
    assert found.where(()) == f"{tmp_path}/file.yaml:1"


def test_anchors_aliases_and_merge_keys_work_and_keep_their_lines(tmp_path):
    found = read(tmp_path, "base: &base\n  p: 1\n  q: 2\nmore:\n  <<: *base\n  q: 3\n")

    assert found.values["more"] == {"p": 1, "q": 3}
    assert found.line(("more", "p")) == 2
    assert found.line(("more", "q")) == 6


def test_a_date_stays_the_text_it_looks_like(tmp_path):
    assert read(tmp_path, "since: 2026-11-24").values == {"since": "2026-11-24"}


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")

    assert document.read(path).values == {"a": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "file.yaml:1: expected a mapping (`key: value`), found nothing"),
        ("- a", "file.yaml:1: expected a mapping (`key: value`), found a list"),
        ("a", "file.yaml:1: expected a mapping (`key: value`), found text"),
        ("a: 1\n\tb: 2", "file.yaml:2: found character '\\t' that cannot start any token"),
        ("a: b: c", "file.yaml:1: mapping values are not allowed here"),
        (
            "a: 1\nb: [1\nc: 2",
            (
                "file.yaml:3: expected ',' or ']', but got ':' "
                "(while parsing a flow sequence from line 2)"
            ),
        ),
        ("a: 1\nb:\n  c: 2\na: 3", "file.yaml:4: `a` stands on line 1 already"),
        ("1: a", "file.yaml:1: a key must be text; put it in quotes"),
        ("? [a]\n: b", "file.yaml:1: a key must be text; put it in quotes"),
        ("on: a", "file.yaml:1: a key must be text; put it in quotes"),
        ("a: !mine b", "a tag (`!…`) has no meaning here; put the value in quotes"),
        ("a: !!python/object:os.system {}", "a tag (`!…`) has no meaning here"),
        ("a: !!binary aGk=", "a tag (`!…`) has no meaning here"),
        ("x: 1\na: !!int abc", "file.yaml:2: this is not what its tag or its form promises"),
        ("a: !!int", "file.yaml:1: this is not what its tag or its form promises"),
        ("a: !!bool maybe", "file.yaml:1: this is not what its tag or its form promises"),
        ('a: "\\ud800"', "file.yaml:1: this is not what its tag or its form promises"),
        ("a: &a [*a]", "file.yaml:1: an alias (`*…`) stands inside what it stands for"),
        ("a: 1\nb: \x07", "file.yaml:2: the character #x0007 is not allowed in YAML"),
        ("a: " + "[" * 3000, "file.yaml: nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_line(tmp_path, text, expected):
    found = refusal(tmp_path, text)

    assert expected in found
    assert "\n" not in found


@pytest.mark.parametrize("secret", ["*hunter2", "!hunter2", "!h!hunter2 x", "&hunter2 &hunter2 x"])
def test_a_password_that_is_no_yaml_is_not_shown(tmp_path, secret):
    assert "hunter2" not in refusal(tmp_path, f"password: {secret}")


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        document.read(tmp_path)
    with pytest.raises(ConfigError, match=r"absent\.yaml: no such file"):
        document.read(tmp_path / "absent.yaml")


def test_a_file_that_is_not_utf_8_says_so(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_bytes(b"a: \xff\n")

    with pytest.raises(ConfigError, match=r"byte 3 is not UTF-8; save it as UTF-8"):
        document.read(path)
