"""Where the values behind placeholders come from: variables, files, systemd's credentials."""

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from framework.errors import ConfigError
from framework.masking import Masks

CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd sets it for a unit with LoadCredential=
LARGEST = 64 * 1024  # bytes of a file; what is larger is no secret but a mistake
FORBIDDEN = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EACCES)


class AbsentError(ConfigError):
    """A value is not here now: `run` needs it, a command that starts nothing does not."""


class Sources:
    """Reads values, from files relative to `folder` too; `secrets` are those from files so far."""

    def __init__(self, environ: Mapping[str, str], folder: Path):
        self._environ = environ
        self._folder = folder
        self.secrets: list[str] = []

    def find(self, name: str) -> str:
        """Return an environment variable, or nothing if it is absent or empty."""
        return self._environ.get(name, "")

    def variable(self, name: str) -> str:
        """Return an environment variable; raise AbsentError if it is absent or empty."""
        value = self.find(name)
        if not value:
            raise AbsentError(
                f"the environment variable {name} is not set; export it and start again"
            )
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ConfigError(f"the environment variable {name} is not UTF-8") from error
        return value

    def empty(self, name: str) -> bool:
        """Tell whether an environment variable is set to nothing."""
        return self._environ.get(name) == ""

    def file(self, name: str) -> str:
        """Return what a file holds; raise ConfigError if others may read or change it."""
        try:
            path = self._folder / Path(name).expanduser()
        except RuntimeError as error:  # no home is known
            raise ConfigError(f"{name}: {error}; write the whole path") from error
        return self._kept(path)

    def credential(self, name: str) -> str:
        """Return what systemd passes under this name; raise ConfigError."""
        if not name or "/" in name or name in {".", ".."}:
            raise ConfigError("write ${credential:NAME} with a name that LoadCredential= has")
        folder = self._environ.get(CREDENTIALS)
        if not folder:
            raise AbsentError(
                f"the credential {name} is not here: ${CREDENTIALS} is not set; start the "
                f"supervisor as a unit of systemd with LoadCredential={name}:PATH"
            )
        return self._kept(Path(folder, name))

    def hide(self, text: str) -> str:
        """Return a text without what came from files."""
        masks = Masks()
        masks.learn_shared("files", self.secrets)
        return masks.hide_all(text)

    def _kept(self, path: Path) -> str:
        secret = _text(path, _content(path))
        self.secrets.append(secret)
        return secret


def _content(path: Path) -> bytes:
    try:
        # Opening a pipe that nobody writes to must not wait.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        kind = AbsentError if getattr(error, "errno", None) in ABSENT else ConfigError
        raise kind(f"{path}: {reason}; put the secret there, readable by our user") from error
    with os.fdopen(number, "rb") as file:
        _refuse_open(path, os.fstat(number))
        try:
            return file.read(LARGEST + 1)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error


def _refuse_open(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path} is no regular file; name one that holds the secret alone")
    if found.st_mode & FORBIDDEN:
        mode = stat.S_IMODE(found.st_mode)
        raise ConfigError(
            f"{path} has mode {mode:04o}: others may read or change it; `chmod 600 {path}`"
        )
    if found.st_uid not in {0, os.geteuid()}:
        raise ConfigError(
            f"{path} belongs to the user with id {found.st_uid}, who may change it; "
            f"`chown {os.geteuid()} {path}`, or give it to root"
        )


def _text(path: Path, content: bytes) -> str:
    if len(content) > LARGEST:
        raise ConfigError(f"{path} has more than {LARGEST // 1024} KiB; name a file with a secret")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte {error.start} is not UTF-8; store binary secrets as base64"
        ) from error
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigError(f"{path} is empty; write the secret into it")
    return text
