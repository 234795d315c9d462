"""The rules for identifiers and keys in Port."""

import re

from framework.sandbox.port import refusals

BLUEPRINT_LENGTH = 100
KEY_LENGTH = 100
ENTITY_LENGTH = 1000
BLUEPRINT = re.compile(r"(?!\.{1,2}$)(?:[^\W\d_]|[0-9@_.+:\\/-])+")  # [^\W\d_]: a letter
ENTITY = re.compile(r"(?!\.{1,2}$)(?:[^\W\d_]|[0-9@_.+:\\/=-])+")
KEY = re.compile(r"[A-Za-z0-9@_=\\-]+")


def check_blueprint(value: object) -> str:
    """Return a blueprint's identifier, or refuse it."""
    return _checked(value, BLUEPRINT, BLUEPRINT_LENGTH, "a blueprint's identifier")


def check_entity(value: object) -> str:
    """Return an entity's identifier, or refuse it."""
    if isinstance(value, dict):
        raise refusals.invalid("a search in place of an identifier is not part of the sandbox")
    return _checked(value, ENTITY, ENTITY_LENGTH, "an entity's identifier")


def check_key(value: object) -> str:
    """Return the key of a property or a relation, or refuse it."""
    return _checked(value, KEY, KEY_LENGTH, "a key")


def _checked(value: object, pattern: re.Pattern[str], longest: int, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise refusals.invalid(f"{what} must match {pattern.pattern}; got {value!r:.200}")
    if len(value) > longest:
        raise refusals.invalid(f"{what} has at most {longest} characters; got {len(value)}")
    return value
