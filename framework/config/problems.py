"""Everything that is wrong in a file, so that an operator reads all of it at once."""

from typing import Self

from framework.document.document import Document, Keys
from framework.errors import ConfigError


class Problems:
    """The problems found in one document so far; keys are relative to the value at `above`."""

    def __init__(
        self, document: Document, above: Keys = (), found: list[tuple[Keys, str]] | None = None
    ):
        self._document = document
        self._above = above
        self._found = [] if found is None else found

    def inside(self, *keys: str | int) -> Self:
        """Return the same problems, with keys relative to the value at `keys`."""
        return type(self)(self._document, (*self._above, *keys), self._found)

    def add(self, keys: Keys, text: str) -> None:
        """Add a problem with the value at `keys`."""
        self._found.append(((*self._above, *keys), text))

    def about(self, keys: Keys) -> bool:
        """Return whether something is wrong with the value at `keys` or inside it."""
        wanted = (*self._above, *keys)
        return any(found[: len(wanted)] == wanted for found, _ in self._found)

    def line(self, keys: Keys) -> int:
        """Return the line of the value at `keys`."""
        return self._document.line((*self._above, *keys))

    def settle(self) -> None:
        """Raise ConfigError with one line for each problem, in the order of the file."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda problem: self._document.line(problem[0]))
        raise ConfigError(
            "\n".join(f"{self._document.where(keys)}: {text}" for keys, text in found)
        )
