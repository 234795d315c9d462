"""`${VAR}` and `${VAR:-default}` in the values of config.yaml; `$$` is a dollar sign."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from framework.document.document import Keys
from framework.errors import ConfigError

PLACEHOLDER = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}|(?=\{))"
)

Complain = Callable[[Keys, str], None]


def fill(value: Any, environ: Mapping[str, str], complain: Complain, keys: Keys = ()) -> Any:
    """Return `value` with every placeholder replaced; complain once about each bad text."""
    match value:
        case dict():
            return {
                key: fill(inner, environ, complain, (*keys, key)) for key, inner in value.items()
            }
        case list():
            return [
                fill(inner, environ, complain, (*keys, index)) for index, inner in enumerate(value)
            ]
        case str():
            try:
                return PLACEHOLDER.sub(lambda found: _replacement(found, environ), value)
            except ConfigError as error:
                complain(keys, str(error))
                return value
        case _:
            return value


def variable(name: str, environ: Mapping[str, str]) -> str:
    """Return an environment variable; raise ConfigError naming it if it is absent or empty."""
    if not environ.get(name):
        raise ConfigError(f"the environment variable {name} is not set; export it and start again")
    try:
        environ[name].encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"the environment variable {name} is not UTF-8") from error
    return environ[name]


def _replacement(found: re.Match[str], environ: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    if found["name"] is None:
        raise ConfigError("write ${NAME} or ${NAME:-default}, and $$ for a dollar sign before {")
    if not environ.get(found["name"]) and found["default"] is not None:
        return found["default"]
    if environ.get(found["name"]) == "":
        return ""
    return variable(found["name"], environ)
