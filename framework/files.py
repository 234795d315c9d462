"""Replace files atomically: a reader sees the old content or the new, never a part."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

OWNER_ONLY = 0o600


def replace(path: Path, content: bytes, mode: int = OWNER_ONLY) -> None:
    """Write the content to a temporary file, then move it into place. Raises OSError."""
    with _aside(path, mode) as file:
        file.write(content)


def replace_durably(path: Path, content: bytes, mode: int = OWNER_ONLY) -> None:
    """Replace the file so that a power cut cannot undo it. Raises OSError."""
    with _aside(path, mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    flush(path.parent)


def flush(folder: Path) -> None:
    """Flush the names in a folder to the disk. Raises OSError."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _aside(path: Path, mode: int) -> Iterator[IO[bytes]]:
    """Yield a temporary file that replaces `path` at the end, unless writing fails."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
