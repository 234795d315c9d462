"""Turn values into Structs; a misfit is reported with its path and what was expected."""

import difflib
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from framework.document import kinds
from framework.document.document import Keys
from framework.errors import ConfigError

T = TypeVar("T")

WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
UNQUOTED = dict.fromkeys(("`int`", "`float`", "`bool`"), "; put it in quotes")
# msgspec says: Expected `str`, got `int` - at `$.topics[0]`; `[...]` is a key it does not name.
MESSAGE = re.compile(
    r"(?P<text>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*?)(?:\[\.\.\.\].*)?`)?", re.DOTALL
)
STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
NAMES = re.compile(r"`([^`]*)`")


class MisfitError(ConfigError):
    """A value is not what was expected; `keys` are its path inside the value that was fitted."""

    def __init__(self, keys: Keys, text: str):
        super().__init__(text)
        self.keys = keys


def fit(value: object, kind: type[T]) -> T:
    """Return `value` as a `kind`; text that spells a number or a boolean is accepted as one.

    Raises MisfitError.
    """
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_made)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), inspect.type_info(kind)) from error


def near(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?`, or nothing if no known word is near."""
    names = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower(), names, 1)
    return f"; did you mean {names[matches[0]]}?" if matches else ""


def hint(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for a near miss, else `; known: …`."""
    names = sorted(known)
    return near(word, names) or f"; known: {', '.join(names) or 'none'}"


def _made(kind: type[Any], value: object) -> Any:
    """Make an instance of a type that msgspec does not know, such as Bytes."""
    return kind(value)


def _misfit(message: str, kind: inspect.Type) -> MisfitError:
    found = MESSAGE.fullmatch(message)
    assert found is not None
    text = found["text"]
    steps = STEP.findall(found["path"] or "")
    path: Keys = tuple(int(index) if index else name for name, index in steps)
    name = NAMES.search(text)
    if name is not None and text.startswith("Object contains unknown field"):
        return MisfitError((*path, name[1]), f"unknown key{hint(name[1], kinds.keys(kind, path))}")
    if name is not None and text.startswith("Object missing required field"):
        return MisfitError((*path, name[1]), "is missing, and has no default")
    if text.startswith("Invalid"):
        return MisfitError(path, _wrong_choice(text, kinds.choices(kind, path)))
    if text.startswith("Expected"):
        return MisfitError(path, _unexpected(text, kinds.description(kind, path)))
    return _own_check(text, kind, path)


def _wrong_choice(text: str, choices: list[str]) -> str:
    got = text.partition("'")[2].removesuffix("'")
    return f"expected {' or '.join(choices)}, got {got!r}{near(got, choices)}"


def _unexpected(text: str, description: str | None) -> str:
    expected, got, found = text.partition(", got ")
    cure = UNQUOTED.get(found, "") if "`str" in expected else ""
    wanted = f"expected {description}" if description else _in_words(expected)
    return f"{wanted}{got}{_in_words(found)}{cure}"


def _in_words(text: str) -> str:
    return NAMES.sub(_alternatives, text[:1].lower() + text[1:])


def _alternatives(names: re.Match[str]) -> str:
    words = [WORDS.get(name, name) for name in names[1].removesuffix(" | null").split(" | ")]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _own_check(text: str, kind: inspect.Type, path: Keys) -> MisfitError:
    """Read a message of a `__post_init__`: the key, then what is wrong."""
    key, _, rest = text.partition(" ")
    if key in kinds.keys(kind, path):
        return MisfitError((*path, key), rest)
    return MisfitError(path, text)
