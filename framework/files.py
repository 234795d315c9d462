"""Files that are replaced whole, never seen in part; folders for their owner alone."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700


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


def make_private(folder: Path) -> None:
    """Make a folder, and what is missing above it, for its owner alone; narrow it if it exists.

    Raises OSError.
    """
    for one in reversed([above for above in folder.absolute().parents if not above.exists()]):
        one.mkdir(OWNER_ONLY_FOLDER, exist_ok=True)
    folder.mkdir(OWNER_ONLY_FOLDER, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != OWNER_ONLY_FOLDER:
        folder.chmod(OWNER_ONLY_FOLDER)


def take(path: Path) -> IO[str]:
    """Lock a file for as long as the returned one is open, and write our pid into it.

    Raises BlockingIOError with the pid of the process that has it, and OSError.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        pid = file.read().strip()
        file.close()
        raise BlockingIOError(error.errno, pid) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


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
