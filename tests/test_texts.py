import json

import pytest

from framework import texts


def test_a_long_text_is_cut_with_a_mark():
    assert texts.cut("short") == "short"
    assert texts.cut("x" * 20, 12) == "xxx... (cut)"
    assert texts.cut_front("x" * 20 + "end", 13) == "... (cut)xend"
    assert len(texts.cut("x" * 5000)) == len(texts.cut_front("x" * 5000)) == 4096


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext, café", "plain\n\ttext, café"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("over\rwritten, ended\r\n", "over\\rwritten, ended\n"),
        ("\x9b31m\u202e", "\\x9b31m\\u202e"),
    ],
)
def test_what_a_terminal_would_interpret_is_escaped(text, shown):
    assert texts.printable(text) == shown


def test_escaped_json_means_the_same():
    text = json.dumps({"reason": "\x9b31m\u202e\x1b"}, ensure_ascii=False)

    assert texts.printable_json(text).isascii()
    assert json.loads(texts.printable_json(text)) == json.loads(text)
