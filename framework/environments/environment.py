"""An environment as the rest of the house sees it: what is wanted, and what was built."""

from pathlib import Path

from msgspec import Struct

from framework.environments.settings import Installation


class Wanted(Struct, frozen=True):
    """What an integration asks for: `label` is its identifier, `folder` has its requirements.txt.

    Without one, the dependencies in its pyproject.toml count. Resolving starts from the
    requirements.lock beside them.
    """

    label: str
    folder: Path
    installation: Installation = Installation()


class Environment(Struct, frozen=True):
    """A built environment; `msgspec` is the folder from which the sdk imports msgspec."""

    key: str
    path: Path
    msgspec: Path

    @property
    def python(self) -> Path:
        """The interpreter to start; not through a link that a rebuild could redirect."""
        return self.path / "bin" / "python"
