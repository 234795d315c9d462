"""Everything that an environment depends on, read at one moment; no process is started for it."""

import hashlib
from functools import lru_cache

import msgspec
from msgspec import Struct, structs

from framework.environments import credentials
from framework.environments.environment import Wanted
from framework.environments.inputs import lines, requirements
from framework.environments.inputs.requirements import LOCK, Requirements
from framework.environments.inputs.sources import Source, Sources
from framework.environments.python.identity import Python
from framework.environments.settings import Installation

OLDEST = "3.10"  # a lock is for this Python and all later ones, if the packages allow it
SCHEMA = 2  # part of every key; incremented when environments are built differently
KEY_LENGTH = 32  # hex digits


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
        """Return the key of these inputs for locks whose oldest Python is `floor`.

        Inputs with equal keys share a lock. Credentials are no part of the key: new ones find the
        same packages.
        """
        public = self.installation.public()
        places = (
            public.indexes,
            public.find_links,
            public.exclude_newer,
            sorted(public.only_binary),
        )
        wanted = [credentials.redacted(line) for line in self.requirements.lines]
        return digest(SCHEMA, wanted, self._digests, places, floor)

    def environment_key(self, lock: str) -> str:
        """Return the key of the environment that these inputs lead to with the text of a lock.

        It covers which packages are built from their sources: that makes other files.
        """
        return digest(SCHEMA, _normalised(lock), sorted(self.forms), self._digests, self.python)

    def fingerprint(self) -> str:
        """Change if, and only if, another environment may be needed."""
        return digest(self.key(OLDEST), self.python, self.committed)

    def everything(self) -> str:
        """Change with anything that can make a build fail, credentials included; never stored."""
        return digest(structs.replace(self, label=""))

    @property
    def _digests(self) -> list[str]:
        return [source.digest for source in self.sources]


def read(wanted: Wanted, python: Python, sources: Sources) -> Inputs:
    """Read what an integration wants; raise RequirementsError if that cannot be read."""
    found = requirements.read(wanted.folder)
    committed = wanted.folder / LOCK
    return Inputs(
        label=wanted.label,
        requirements=found,
        sources=tuple(sources.look(path) for path in found.local),
        installation=wanted.installation,
        python=python,
        committed=requirements.text_of(committed) if requirements.is_there(committed) else None,
    )


def of_package(name: str, version: str, installation: Installation, python: Python) -> Inputs:
    """Return the inputs for one package that the framework itself needs, from the same indexes."""
    places = Installation(
        indexes=installation.indexes,
        find_links=installation.find_links,
        offline=installation.offline,
    )
    found = requirements.exactly(name, version)
    return Inputs(f"{name}-{python.minor}", found, (), places, python)


def digest(*parts: object) -> str:
    """Return a key for these values."""
    return hashlib.sha256(msgspec.json.encode(parts, enc_hook=str)).hexdigest()[:KEY_LENGTH]


@lru_cache(maxsize=256)
def _normalised(lock: str) -> str:
    """Return the digest of what counts in a lock; equal locks are parsed once."""
    return digest(lines.normalised(credentials.redacted(lock)))
