"""Everything that is wrong in a file, so that an operator reads all of it at once."""

from typing import Self

from framework.config.sources import AbsentError
from framework.document.document import Document, Keys
from framework.errors import ConfigError
from framework.masking import Hide, visible


class Problems:
    """The problems found in one document so far; keys are relative to the value at `above`.

    A value that is `absent` is none for a command that starts nothing, and what it would be is not
    judged.
    """

    def __init__(
        self,
        document: Document,
        above: Keys = (),
        found: list[tuple[Keys, str]] | None = None,
        absent: list[tuple[Keys, str]] | None = None,
        hide: Hide = visible,
    ):
        self._hide = hide
        self._document = document
        self._above = above
        self._found = [] if found is None else found
        self._absent = [] if absent is None else absent

    def inside(self, *keys: str | int) -> Self:
        """Return the same problems, with keys relative to the value at `keys`."""
        return type(self)(
            self._document, (*self._above, *keys), self._found, self._absent, self._hide
        )

    def add(self, keys: Keys, text: str) -> None:
        """Add a problem with the value at `keys`."""
        where = (*self._above, *keys)
        if not any(where[: len(absent)] == absent for absent, _ in self._absent):
            self._found.append((where, text))

    def note(self, keys: Keys, error: ConfigError) -> None:
        """Add why a placeholder in the value at `keys` cannot be filled in."""
        found = self._absent if isinstance(error, AbsentError) else self._found
        found.append(((*self._above, *keys), str(error)))

    def about(self, keys: Keys) -> bool:
        """Return whether something is wrong with the value at `keys` or inside it."""
        wanted = (*self._above, *keys)
        return any(found[: len(wanted)] == wanted for found, _ in self._found)

    def line(self, keys: Keys) -> int:
        """Return the line of the value at `keys`."""
        return self._document.line((*self._above, *keys))

    def settle(self) -> None:
        """Raise ConfigError with one line for each problem, in the order of the file."""
        if self._found or self._absent:
            raise ConfigError("\n".join(self._told([*self._absent, *self._found])))

    def settle_but_absent(self) -> tuple[str, ...]:
        """Do the same, except for absent values: return one line for each of them."""
        if self._found:
            self.settle()
        return tuple(self._told(self._absent))

    def _told(self, found: list[tuple[Keys, str]]) -> list[str]:
        found = sorted(found, key=lambda problem: self._document.line(problem[0]))
        return [self._hide(f"{self._document.where(keys)}: {text}") for keys, text in found]
