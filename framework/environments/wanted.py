"""What one integration wants an environment for."""

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
