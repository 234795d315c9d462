"""Texts from elsewhere, made fit for people: cut to a length, and without control characters."""

import re

LONGEST = 4096  # characters of one text that a process sends
CUT = "... (cut)"

# What a terminal would interpret, and what some programs take for the end of a line.
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"  # tab, newline: no
)
RETURN = re.compile(r"\r(?=\n|\Z)")  # of the CRLF of other systems


def cut(text: str, most: int = LONGEST) -> str:
    """Return the text, or its beginning and a mark if it has more than `most` characters."""
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def cut_front(text: str, most: int = LONGEST) -> str:
    """Return the text, or a mark and its end: the end of a traceback says most."""
    return text if len(text) <= most else CUT + text[len(CUT) - most :]


def printable(text: str) -> str:
    """Return the text with its control characters escaped, newlines and tabs excepted."""
    if not CONTROL.search(text):
        return text
    return CONTROL.sub(
        lambda found: found[0].encode("unicode_escape").decode(), RETURN.sub("", text)
    )


def printable_json(text: str) -> str:
    """Return JSON that means the same, with its control characters escaped as JSON does it."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
