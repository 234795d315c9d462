"""The marker of a finished environment: its receipt, the last file written into it."""

import ctypes
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from framework import files
from framework.environments.python.identity import Python

NAME = ".ready"


class Receipt(Struct, frozen=True, rename="camel"):
    """What an environment was built from and what is in it; `site_packages` is relative to it.

    `why` is the reason of the build, `label` the integration it was for, `built_at` in ISO 8601.
    """

    key: str
    python: Python
    uv: str
    seconds: float
    packages: list[str]
    requirements: list[str]
    site_packages: str
    why: str = ""
    label: str = ""
    built_at: str = ""


decoder = msgspec.json.Decoder(Receipt)


def found(folder: Path, key: str) -> Receipt | None:
    """Return the receipt if `folder` holds the finished environment of `key`."""
    try:
        receipt = decoder.decode((folder / NAME).read_bytes())
        (folder / "bin" / "python").stat()  # follows the link: its Python is still there
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return receipt if receipt.key == key else None


def seal(folder: Path, receipt: Receipt) -> None:
    """Flush everything in `folder` to the disk, and only then write the marker."""
    flush_all(folder)
    with (folder / NAME).open("xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(receipt)))
        file.flush()
        os.fsync(file.fileno())
    files.flush(folder)


def flush_all(folder: Path) -> None:
    """Flush the file system of `folder`: one call for thousands of small files."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(number) != 0:
            raise OSError(ctypes.get_errno(), "syncfs", str(folder))
    finally:
        os.close(number)
