"""Placeholders in the values of config.yaml; `$$` is a dollar sign.

`${VAR}` and `${VAR:-default}` are environment variables, `${file:/path}` is what a file holds,
`${credential:name}` what systemd passes.
"""

import re
from collections.abc import Callable
from typing import Any

from framework.config.sources import Sources
from framework.document.document import Keys
from framework.errors import ConfigError

PLACEHOLDER = re.compile(
    r"\$(?:(?P<dollar>\$)"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}"
    r"|\{file:(?P<file>[^{}]+)\}"
    r"|\{credential:(?P<credential>[^{}]+)\}"
    r"|(?=\{))"
)
FORMS = "write ${NAME}, ${NAME:-default}, ${file:PATH} or ${credential:NAME}, and $$ for a dollar"

Complain = Callable[[Keys, ConfigError], None]


def fill(value: Any, sources: Sources, complain: Complain, keys: Keys = ()) -> Any:
    """Return `value` with every placeholder replaced; complain once about each bad text."""
    match value:
        case dict():
            return {
                key: fill(inner, sources, complain, (*keys, key)) for key, inner in value.items()
            }
        case list():
            return [
                fill(inner, sources, complain, (*keys, index)) for index, inner in enumerate(value)
            ]
        case str():
            try:
                return PLACEHOLDER.sub(lambda found: _replacement(found, sources), value)
            except ConfigError as error:
                complain(keys, error)
                return value
        case _:
            return value


def _replacement(found: re.Match[str], sources: Sources) -> str:
    if found["dollar"]:
        return "$"
    if found["file"]:
        return sources.file(found["file"])
    if found["credential"]:
        return sources.credential(found["credential"])
    if found["name"] is None:
        raise ConfigError(f"{FORMS} sign before {{")
    if not sources.find(found["name"]) and found["default"] is not None:
        return found["default"]
    if sources.empty(found["name"]):
        return ""
    return sources.variable(found["name"])
