"""A built environment, as the rest of the house sees it."""

from pathlib import Path

from msgspec import Struct


class Environment(Struct, frozen=True):
    """Immutable; `msgspec` is the folder that the sdk takes its msgspec from."""

    key: str
    path: Path
    msgspec: Path

    @property
    def python(self) -> Path:
        """The interpreter to start; never through a link that a rebuild could turn."""
        return self.path / "bin" / "python"
