"""An integration's `.port/spec.yaml`: what it may be configured with."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from framework.document import document
from framework.document.document import Keys, MissingFileError
from framework.document.fit import MisfitError, fit, hint
from framework.errors import ConfigError

FILE = Path(".port", "spec.yaml")
Url = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*://[^\s/]",
        description="an address such as https://example.com",
    ),
]
TYPES: dict[str, Any] = {
    "string": str,
    "url": Url,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "object": dict[str, Any],
    "array": list[Any],
}

Complain = Callable[[Keys, str], None]


class Configuration(Struct, frozen=True):
    """One key of an integration's `config`; `default` replaces an absent value."""

    name: str
    type: str = "string"
    required: bool = False
    default: Any = None
    sensitive: bool = False

    def accept(self, value: object) -> Any:
        """Return `value` as this key's type or raise MisfitError; an unknown type accepts all."""
        return fit(value, TYPES.get(self.type, Any))


class Spec(Struct, frozen=True):
    """The keys of `.port/spec.yaml` that we use; if None, any config is valid."""

    configurations: tuple[Configuration, ...] | None = None

    @property
    def sensitive(self) -> frozenset[str]:
        """The names of the keys whose values are secrets."""
        return frozenset(known.name for known in self.configurations or () if known.sensitive)

    def complete(self, config: dict[str, Any], complain: Complain) -> dict[str, Any]:
        """Return `config` with types converted and defaults filled in; report errors to `complain`.

        An empty value (None) is the same as no value.
        """
        if self.configurations is None:
            return config
        names = {known.name for known in self.configurations}
        for name in config:
            if name not in names:
                complain((name,), f"unknown key{hint(name, names)}")
        values = {known.name: _value(known, config, complain) for known in self.configurations}
        return {name: value for name, value in values.items() if value is not None}


def load(folder: Path) -> Spec:
    """Read the spec of the integration in `folder`; raise ConfigError with file and line."""
    try:
        written = document.read(folder / FILE)
    except MissingFileError:
        return Spec()
    try:
        return fit(written.values, Spec)
    except MisfitError as error:
        raise ConfigError(f"{written.where(error.keys)}: {error}") from error


def _value(known: Configuration, config: dict[str, Any], complain: Complain) -> Any:
    value = config.get(known.name)
    if value is None:
        if known.required and known.default is None:
            complain((known.name,), f"is missing; this type needs it ({known.type})")
        return known.default
    try:
        return known.accept(value)
    except MisfitError as error:
        complain((known.name, *error.keys), str(error))
        return None
