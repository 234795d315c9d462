"""uv: where it is, what it may see of our environment, how it is run."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from msgspec import Struct
from uv import find_uv_bin

from framework import process
from framework.errors import BuildError

LIMIT_SECONDS = 600.0  # for one step of a build; compiling a large package takes minutes

# The operator's own settings: indexes, certificates, time-outs. Whatever else is set for uv, pip
# or Python is meant for another program.
PASSED_ON = re.compile(
    r"UV_(INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|OFFLINE|HTTPS?_\w+"
    r"|REQUEST_TIMEOUT|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|KEYRING_PROVIDER)"
    r"|SSL_CLIENT_CERT|NETRC|all_proxy"
)
SECRET = re.compile(r"UV_INDEX_\w+_(PASSWORD|USERNAME)")


class Uv(Struct, frozen=True):
    """The program, and the cache it shares between environments on one file system."""

    path: Path
    cache: Path

    def run(self, arguments: Sequence[str], stop: Event) -> process.Completed:
        """Run one step to its end; raise StoppedError, or TimeoutError after ten minutes."""
        argv = [str(self.path), *arguments]
        return process.run(argv, self.environ(), stop, seconds=LIMIT_SECONDS)

    def environ(self) -> dict[str, str]:
        """Spell the environment of uv out from nothing."""
        passed_on = {n: v for n, v in os.environ.items() if PASSED_ON.fullmatch(n)}
        return {
            **process.inherited(),
            **passed_on,
            "PATH": os.environ.get("PATH", os.defpath),  # compilers, git
            "NO_COLOR": "1",
            "UV_CACHE_DIR": str(self.cache),
            "UV_NO_CONFIG": "1",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }


def find() -> Path:
    """Return the uv that the framework itself depends on, whatever is on PATH."""
    try:
        return Path(find_uv_bin())
    except FileNotFoundError as error:
        raise BuildError(
            "uv is missing from the supervisor's own environment. Run `make sync`."
        ) from error


def secrets() -> list[str]:
    """Return the credentials in our environment that uv may repeat in what it prints."""
    return [value for name, value in os.environ.items() if value and SECRET.fullmatch(name)]
