"""Everything that an environment depends on, read at one moment; no process is started for it."""

from pathlib import Path

from msgspec import Struct

from framework.environments.environment import Wanted
from framework.environments.inputs import keys, requirements
from framework.environments.inputs.requirements import LOCK, Requirements
from framework.environments.inputs.sources import Source, Sources
from framework.environments.python.identity import Python
from framework.environments.settings import Installation

OLDEST = "3.10"  # a lock is for this Python and all later ones, if the packages allow it


class Inputs(Struct, frozen=True):
    """`committed` is the text of the requirements.lock beside the requirements, if there is one."""

    label: str
    requirements: Requirements
    sources: tuple[Source, ...]
    installation: Installation
    python: Python
    committed: str | None = None

    @property
    def floors(self) -> list[str]:
        """The oldest Pythons that a lock may be for, the better one first."""
        return list(dict.fromkeys((OLDEST, self.python.minor)))

    @property
    def forms(self) -> list[str]:
        """Which packages are built from their sources, and which never."""
        never = [f"--only-binary {name}" for name in self.installation.only_binary]
        return self.requirements.forms + never

    def key(self, floor: str) -> str:
        """Name these inputs; one lock serves all that have the same name."""
        return keys.inputs(self.requirements, self.sources, self.installation, floor)

    def fingerprint(self) -> str:
        """Change if, and only if, another environment may be needed."""
        return keys.digest(self.key(OLDEST), self.python, self.committed)


def read(wanted: Wanted, python: Python, sources: Sources) -> Inputs:
    """Read what an integration wants; raise RequirementsError if that cannot be read."""
    found = requirements.read(wanted.folder)
    committed = wanted.folder / LOCK
    return Inputs(
        label=wanted.label,
        requirements=found,
        sources=look(found.local, sources),
        installation=wanted.installation,
        python=python,
        committed=requirements.text_of(committed) if requirements.is_there(committed) else None,
    )


def of_package(name: str, version: str, installation: Installation, python: Python) -> Inputs:
    """Ask for one package of the framework's own in one version, from the same places."""
    places = Installation(
        indexes=installation.indexes,
        find_links=installation.find_links,
        offline=installation.offline,
    )
    found = requirements.exactly(name, version)
    return Inputs(f"{name}-{python.minor}", found, (), places, python)


def look(paths: list[Path], sources: Sources) -> tuple[Source, ...]:
    """Look at files and folders that are installed from."""
    return tuple(sources.look(path) for path in paths)
