"""The addresses and credentials of the sandbox, kept from one start to the next."""

import logging
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

from framework import files
from framework.errors import ConfigError
from framework.sandbox.settings import Sandbox

FILE = "address.json"

logger = logging.getLogger(__name__)


class Address(Struct, frozen=True, rename="camel"):
    """What the sandbox prints once it is ready: its page and API, its broker, its credentials."""

    url: str
    kafka: str
    client_id: str
    client_secret: str


class Memory(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the next start uses again; a port of 0 was never chosen.

    `folder` is the inode of the sandbox's folder, 0 if an earlier version wrote this.
    """

    port: int = 0
    kafka_port: int = 0
    client_id: str = ""
    client_secret: str = ""
    folder: int = 0


def recall(folder: Path, settings: Sandbox) -> Memory:
    """Return what an earlier start used; the settings override it, and gaps are filled.

    A copied folder gets ports and credentials of its own. With those of the original, a supervisor
    could take one sandbox for the other.
    """
    path = folder / FILE
    try:
        memory = msgspec.json.decode(path.read_bytes(), type=Memory)
    except FileNotFoundError:
        memory = Memory()
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path}: {error}; remove it to get new ports and credentials") from error
    inode = folder.stat().st_ino
    if memory.folder not in {0, inode}:
        logger.warning("%s is a copy: it gets new ports and credentials", folder)
        memory = Memory()
    return Memory(
        settings.port or memory.port,
        settings.kafka_port or memory.kafka_port,
        settings.client_id or memory.client_id or f"sandbox-{secrets.token_hex(6)}",
        settings.client_secret or memory.client_secret or secrets.token_urlsafe(24),
        inode,
    )


def remember(folder: Path, memory: Memory) -> None:
    """Store what the next start uses again, readable by its owner alone."""
    files.replace(folder / FILE, msgspec.json.format(msgspec.json.encode(memory)))


def make_folder(path: Path) -> None:
    """Make the sandbox's folder, accessible to its owner alone."""
    try:
        files.make_private(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name another with --state") from error
