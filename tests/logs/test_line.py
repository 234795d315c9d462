import json
import logging
import sys

import pytest

from framework.logs import line
from framework.logs.line import Entry

AT = 1_769_860_800.1234  # 2026-01-31 12:00 UTC


def record(message, *args, name="integration.jira", level=logging.INFO, exc_info=None):
    made = logging.LogRecord(name, level, "main.py", 7, message, args, exc_info)
    made.created = AT
    return made


def failed():
    """Return what `log.exception` would pass on."""
    try:
        int("first\nsecond")
    except ValueError:
        return sys.exc_info()


class Awkward:
    def __str__(self):
        raise RuntimeError("not today")


def test_text_says_when_in_utc_how_bad_who_and_what():
    said = line.as_text(line.entry(record("%d pages", 3)))
    assert said == "2026-01-31T12:00:00.123Z INFO    integration.jira: 3 pages"


def test_json_says_the_same_and_whose_it_is():
    assert json.loads(line.as_json(line.entry(record("%d pages", 3)))) == {
        "time": "2026-01-31T12:00:00.123Z",
        "level": "INFO",
        "logger": "integration.jira",
        "integration": "jira",
        "message": "3 pages",
    }


def test_what_no_integration_logged_names_none():
    assert "integration" not in json.loads(
        line.as_json(line.entry(record("up", name="supervisor")))
    )


def test_later_lines_of_text_are_indented():
    first, *later = line.as_text(line.entry(record("one\n2026\n\nthree"))).split("\n")
    assert first.endswith(": one")
    assert later == ["    2026", "    ", "    three"]


def test_a_traceback_follows_indented():
    first, *later = line.as_text(line.entry(record("broken", exc_info=failed()))).split("\n")
    assert first.endswith(": broken")
    assert later[0] == "    Traceback (most recent call last):"
    assert all(one.startswith("    ") for one in later)


def test_json_has_the_traceback_by_itself_on_the_same_line():
    said = line.as_json(line.entry(record("broken", exc_info=failed())))
    assert "\n" not in said
    assert json.loads(said)["traceback"].endswith(r"base 10: 'first\nsecond'")


def test_a_stack_that_was_asked_for_is_there():
    asked = record("here")
    asked.stack_info = "Stack (most recent call last):\n  x"
    assert line.as_text(line.entry(asked)).endswith(
        ": here\n    Stack (most recent call last):\n      x"
    )


def test_an_exception_that_is_none_adds_nothing():
    said = line.as_text(line.entry(record("fine", exc_info=(None, None, None))))
    assert said.endswith(": fine")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("half\rline", r"half\rline"),
        ("ends\r", "ends"),
        ("a\r\nb", "a\n    b"),
        ("a\u2028b", r"a\u2028b"),
        ("tab\täöü 日本", "tab\täöü 日本"),
        ("file\udcff", r"file\udcff"),
    ],
)
def test_text_does_nothing_to_a_terminal(message, shown):
    assert line.as_text(line.entry(record(message))).endswith(f": {shown}")


def test_json_of_what_is_no_text_is_json():
    assert json.loads(line.as_json(line.entry(record("file\udcff"))))["message"] == r"file\udcff"


@pytest.mark.parametrize("args", [("x",), (Awkward(),), (1, 2)])
def test_arguments_that_do_not_fit_raise_nothing(args):
    said = line.as_text(line.entry(record("%d", *args)))
    assert "main.py:7: a line could not be made: " in said


def test_a_huge_message_is_cut():
    said = line.entry(record("x" * (line.LONGEST + 5))).message
    assert said == "x" * line.LONGEST + "... (and 5 more characters)"


@pytest.mark.parametrize("render", line.RENDER.values())
@pytest.mark.parametrize("message", ["plain", "a: b", "one\n  two\n\nthree", "", '{"a": 1}'])
def test_what_was_written_can_be_read_back(render, message):
    entry = line.entry(record(message, name="integration.a:b"))
    assert line.parse(render(entry)) == entry


def test_json_is_read_back_with_its_traceback():
    entry = line.entry(record("broken", exc_info=failed()))
    assert line.parse(line.as_json(entry)) == entry


@pytest.mark.parametrize("stray", ["half a li", "    indented", "{no json", '{"type": "page"}', ""])
def test_what_is_no_entry_is_shown_as_it_is(stray):
    entry = line.parse(stray)
    assert entry == Entry(message=stray)
    assert line.as_text(entry) == stray
