"""The two keys: one tells whether to resolve again, the other which environment it is."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from framework.environments import credentials
from framework.environments.inputs import lines
from framework.environments.inputs.requirements import Requirements
from framework.environments.inputs.sources import Source
from framework.environments.python.identity import Python
from framework.environments.settings import Installation

SCHEMA = 2  # counted up when environments are built in another way
LENGTH = 32  # hex digits


def inputs(
    requirements: Requirements, sources: Sequence[Source], installation: Installation, floor: str
) -> str:
    """Name what a lock depends on; `floor` is the oldest Python that it is for.

    Credentials are no part of it: new ones find the same packages.
    """
    public = installation.public()
    where = (public.indexes, public.find_links, public.exclude_newer, sorted(public.only_binary))
    digests = [source.digest for source in sources]
    wanted = [credentials.redacted(line) for line in requirements.lines]
    return digest(SCHEMA, wanted, digests, where, floor)


def environment(lock: str, forms: Sequence[str], sources: Sequence[Source], python: Python) -> str:
    """Name the environment that a lock leads to with this Python.

    `forms` says which packages are built from their sources; a file is another one then.
    """
    digests = [source.digest for source in sources]
    return digest(SCHEMA, normalised(lock), sorted(forms), digests, python)


def digest(*parts: object) -> str:
    """Return a name for these values."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:LENGTH]


@lru_cache(maxsize=256)
def normalised(lock: str) -> str:
    """Return the hash of what counts in a lock: equal ones are looked at once."""
    return digest(lines.normalised(credentials.redacted(lock)))
