"""An environment as the rest of the house sees it: what is wanted, and what was built."""

from pathlib import Path

from msgspec import Struct

from framework.environments.settings import Installation


class Wanted(Struct, frozen=True):
    """`label` is the integration's identifier; `folder` holds its requirements.txt.

    Where there is none, the dependencies in its pyproject.toml count. A requirements.lock beside
    them is where resolving starts from.
    """

    label: str
    folder: Path
    installation: Installation = Installation()


class Environment(Struct, frozen=True):
    """Immutable; `msgspec` is the folder that the sdk takes its msgspec from."""

    key: str
    path: Path
    msgspec: Path

    @property
    def python(self) -> Path:
        """The interpreter to start; never through a link that a rebuild could turn."""
        return self.path / "bin" / "python"
