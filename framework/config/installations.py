"""How each environment is installed: `environments:`, and what an integration says itself."""

from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from framework.config.sections import Sections
from framework.environments.settings import Installation

SECTION = "environments"
KEYS = {field.encode_name: field.name for field in structs.fields(Installation)}


class Installations(Struct, frozen=True):
    """What holds for all of them; relative paths start at `here`."""

    general: Installation
    here: Path

    def merged(self, own: Installation, written: dict[str, Any]) -> Installation:
        """Let an integration's keys win, as far as they are `written`; a list as a whole."""
        said = {name: getattr(own, name) for key, name in KEYS.items() if key in written}
        return structs.replace(self.general, **said).beside(self.here)


def read(sections: Sections, here: Path) -> Installations:
    """Read `environments:`; relative paths start at `here`."""
    return Installations(sections.read(SECTION, Installation, Installation()), here)
