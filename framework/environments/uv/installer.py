"""uv: where it is, which variables it gets, how it is run, its cache."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event

from msgspec import Struct
from uv import find_uv_bin

from framework import process
from framework.environments import credentials
from framework.environments.settings import Installation
from framework.errors import BuildUnavailableError

LIMIT_SECONDS = 600.0  # for a whole build; compiling a large package takes minutes

# The operator's own settings: indexes, certificates, time-outs. Whatever else is set for uv, pip
# or Python is meant for another program.
PASSED_ON = re.compile(
    r"UV_(INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|OFFLINE|HTTPS?_\w+"
    r"|REQUEST_TIMEOUT|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|KEYRING_PROVIDER)"
    r"|SSL_CLIENT_CERT|NETRC|all_proxy"
)
SECRET = re.compile(r"UV_INDEX_\w+_(PASSWORD|USERNAME)")


class Uv(Struct, frozen=True):
    """The program, the cache that all environments share, what an integration configures.

    `marker` is put into the environment of all its processes, so that each can be found.
    """

    path: Path
    cache: Path
    installation: Installation = Installation()
    marker: str = ""

    def run(
        self, arguments: Sequence[str], stop: Event, seconds: float = LIMIT_SECONDS
    ) -> process.Completed:
        """Run one step to its end; raise StoppedError, or TimeoutError after so many seconds."""
        argv = [str(self.path), *arguments]
        return process.run(argv, self.environ(), stop, seconds=seconds)

    def environ(self) -> dict[str, str]:
        """Return the whole environment of uv; nothing else is inherited."""
        passed_on = {n: v for n, v in os.environ.items() if PASSED_ON.fullmatch(n)}
        return {
            **process.inherited(),
            "UV_SYSTEM_CERTS": "true",  # as pip does: they include those of a company's proxy
            **passed_on,
            **self._places(),
            **({process.MARKER: self.marker} if self.marker else {}),
            "PATH": os.environ.get("PATH", os.defpath),  # compilers, git
            "NO_COLOR": "1",
            "UV_CACHE_DIR": str(self.cache),
            "UV_NO_CONFIG": "1",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def _places(self) -> dict[str, str]:
        """Return where packages come from; argv would show it to every user of the machine."""
        installation = self.installation
        indexes = [*installation.indexes, *os.environ.get("UV_INDEX", "").split()]
        find_links = [_without_comma(link) for link in installation.find_links]
        find_links += filter(None, [os.environ.get("UV_FIND_LINKS")])
        places = {"UV_INDEX": " ".join(indexes), "UV_FIND_LINKS": ",".join(find_links)}
        if installation.offline:
            places["UV_OFFLINE"] = "1"
        return {name: value for name, value in places.items() if value}

    @property
    def offline(self) -> bool:
        """Tell whether the network may not be used at all."""
        return self.installation.offline or os.environ.get("UV_OFFLINE", "") not in ("", "0")

    @property
    def secrets(self) -> list[str]:
        """The credentials that uv may repeat in what it prints."""
        ours = [value for name, value in os.environ.items() if value and SECRET.fullmatch(name)]
        return [*self.installation.secrets, *ours]


def _without_comma(link: str) -> str:
    """Return the same place in other words: uv splits the list at each comma."""
    if "," not in link:
        return link
    return (Path(link).as_uri() if link.startswith("/") else link).replace(",", "%2C")


def find() -> Path:
    """Return the uv that the framework itself depends on, whatever is on PATH."""
    try:
        return Path(find_uv_bin())
    except FileNotFoundError as error:
        raise BuildUnavailableError(
            "uv is missing from the supervisor's own environment. Run `make sync`."
        ) from error


def drop(uv: Uv, packages: Iterable[str], stop: Event) -> None:
    """Forget these packages; environments that hold them keep their files."""
    _cache(uv, ["clean", *sorted(packages)], stop)


def prune(uv: Uv, stop: Event) -> None:
    """Forget what no later build could use."""
    _cache(uv, ["prune"], stop)


def _cache(uv: Uv, arguments: list[str], stop: Event) -> None:
    what = f"`uv cache {arguments[0]}` in {uv.cache}"
    try:
        completed = uv.run(["cache", *arguments], stop)
    except TimeoutError as error:
        raise BuildUnavailableError(
            f"{what} did not end; a build may be in its way. Try again when none runs."
        ) from error
    if completed.status != 0:
        said = credentials.redacted(completed.stderr.strip())
        raise BuildUnavailableError(f"{what} failed: {said}. Try again when no build runs.")
