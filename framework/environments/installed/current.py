"""Which environment an integration runs in, and which it could go back to: a file for each.

Only the integration's own worker writes the file, so no lock is needed.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from framework import files
from framework.environments.environment import Environment
from framework.environments.installed import receipt
from framework.errors import FrameworkError

FOLDER = "current"


class Bad(Struct, frozen=True):
    """An environment that failed its integration, until the fingerprint of its inputs changes."""

    key: str
    fingerprint: str
    reason: str


class Current(Struct, frozen=True):
    """`environment` is in use since `since` (Unix seconds); `previous` is what to go back to."""

    environment: Environment | None = None
    previous: Environment | None = None
    since: float = 0
    bad: Bad | None = None


# The hooks are for paths: msgspec knows everything else.
encoder = msgspec.json.Encoder(enc_hook=str)
decoder = msgspec.json.Decoder(Current, dec_hook=lambda _, text: Path(text))


def path(root: Path, identifier: str) -> Path:
    """Return the file of an integration, below the root of all environments."""
    return root.absolute() / FOLDER / f"{identifier}.json"


def read(file: Path) -> Current:
    """Return what was noted, an empty state if nothing was; raise FrameworkError if damaged."""
    try:
        return decoder.decode(file.read_bytes())
    except FileNotFoundError:
        return Current()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FrameworkError(
            f"{file} cannot be read: {error}. It says which environment the integration runs in, "
            "and which it can go back to: remove it to go on without a way back."
        ) from error


def read_all(root: Path) -> dict[str, Current]:
    """Return what was noted, by integration; raise FrameworkError if a file is damaged."""
    return {file.stem: read(file) for file in sorted((root / FOLDER).glob("*.json"))}


def write(file: Path, current: Current) -> None:
    """Replace what was noted; raise OSError."""
    files.make_private(file.parent)
    files.replace_durably(file, msgspec.json.format(encoder.encode(current)) + b"\n")


def whole(environment: Environment | None) -> bool:
    """Tell whether a process can be started in it: it is there, with its Python."""
    return environment is not None and (
        (environment.path / receipt.NAME).is_file()
        and environment.python.exists()  # follows the link: its Python is still there
        and environment.msgspec.is_dir()
    )
