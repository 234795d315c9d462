"""The environments of one state folder, and the integrations that one configuration names."""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from threading import Event

from framework.environments.environment import Wanted
from framework.environments.environments import Environments
from framework.environments.installed import shelf
from framework.environments.installed.shelf import Built
from framework.environments.upkeep import uses
from framework.environments.upkeep.uses import UNUSED, Noted, Uses
from framework.environments.uv.installer import Uv
from framework.errors import BuildError, RequirementsError


class Store:
    """What is listed, collected and repaired, maybe beside a running supervisor.

    `environments` and `uv` are those of `root`; `stop` ends what is started. `uses` says who needed
    what at the beginning: an environment that is taken away is nobody's any more.
    """

    def __init__(
        self, root: Path, environments: Environments, uv: Uv, wanted: list[Wanted], stop: Event
    ):
        self.root = root
        self.uv = uv
        self.stop = stop
        self._environments = environments
        self._wanted = wanted
        self.uses = self._uses()

    def shelf(self) -> list[Built]:
        """Return everything that is built."""
        return shelf.read(self.root)

    def build(self, key: str, say: Callable[[str], None]) -> None:
        """Build for those who used an environment that was taken away, or who have none now.

        Raises the first error if it is not there then.
        """
        users = self.uses.get(key, UNUSED).current
        failures = []
        for one in self._wanted:
            if one.label in users or (not users and not self._ready(one)):
                try:
                    self._build(one, say)
                except BuildError as error:
                    failures.append(error)
        if failures and not (self.root / "envs" / key).exists():
            raise failures[0]

    def _uses(self) -> Uses:
        notes = uses.noted(self.root)
        its = [(one.label, notes.get(one.label, Noted())) for one in self._wanted]
        current = [(label, note.key) for label, note in its]
        current += [(one.label, self._ready(one)) for one in self._wanted]
        previous = [(label, note.previous) for label, note in its]
        gathered = uses.gather(_known(current), _known(previous))
        return uses.with_sdk(gathered, self.shelf(), f"msgspec=={version('msgspec')}")

    def _build(self, wanted: Wanted, say: Callable[[str], None]) -> None:
        self._environments.ensure(wanted, self.stop, lambda line: say(f"{wanted.label}: {line}"))

    def _ready(self, wanted: Wanted) -> str | None:
        try:
            found = self._environments.ready(wanted)
        except RequirementsError:
            return None  # the supervisor, or `build`, says what is wrong
        return found.key if found else None


def _known(pairs: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    return ((label, key) for label, key in pairs if key)
