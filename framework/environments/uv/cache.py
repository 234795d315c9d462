"""uv's cache, where environments have their files from; hard links share every file with it."""

from collections.abc import Iterable
from threading import Event

from framework.environments import credentials
from framework.environments.uv.installer import Uv
from framework.errors import BuildUnavailableError


def drop(uv: Uv, packages: Iterable[str], stop: Event) -> None:
    """Forget these packages; environments that hold them keep their files."""
    _run(uv, ["clean", *sorted(packages)], stop)


def prune(uv: Uv, stop: Event) -> None:
    """Forget what no later build could use."""
    _run(uv, ["prune"], stop)


def _run(uv: Uv, arguments: list[str], stop: Event) -> None:
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
