"""The sections of config.yaml, each read by itself, with its placeholders filled in."""

from collections.abc import Mapping
from typing import Any, TypeVar

from framework.config import placeholders
from framework.config.problems import Problems
from framework.config.sources import Sources
from framework.document.document import Document
from framework.document.fit import MisfitError, fit, hint

T = TypeVar("T")


class Sections:
    """The values of one config.yaml, and the problems found so far."""

    def __init__(self, document: Document, environ: Mapping[str, str]):
        self.sources = Sources(environ, document.path.absolute().parent)
        self.problems = Problems(document, hide=self.sources.hide)
        self._written = document.values

    def refuse_others(self, known: tuple[str, ...]) -> None:
        """Add a problem for every section that is not `known`."""
        for name in self._written:
            if name not in known:
                self.problems.add((name,), f"unknown key{hint(name, known)}")

    def filled(self, *keys: str) -> Any:
        """Return the value at `keys` with its placeholders replaced, or None if there is none."""
        value: Any = self._written
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return placeholders.fill(value, self.sources, self.problems.note, keys)

    def read(self, name: str, kind: type[T], default: T) -> T:
        """Return a section, or `default` if it is absent, empty or wrong."""
        value = self.filled(name)
        if value is None or self.problems.about((name,)):
            return default
        try:
            return fit(without_empty(value), kind)
        except MisfitError as error:
            self.problems.add((name, *error.keys), str(error))
            return default


def without_empty(value: Any) -> Any:
    """Drop keys without a value from a mapping: `key:` means the same as no key."""
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if inner is not None}
