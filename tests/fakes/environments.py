"""A stand-in for Environments, on environments made by hand."""

from pathlib import Path
from threading import Event

from framework.environments import Environment, Wanted
from framework.environments.upkeep.upkeep import Upkeep
from framework.environments.uv.installer import Uv
from framework.errors import FrameworkError, RequirementsError
from tests.fakes import environment as fake
from tests.fakes.uv import FakeUv

PACKAGE = "six==1.17.0"


class FakeEnvironments:
    """The environment of an integration is the one that has its name for a key."""

    def __init__(self, root: Path):
        self._root = root
        self.failure: FrameworkError | None = None

    def ready(self, wanted: Wanted) -> Environment | None:
        if wanted.label == "unreadable":
            raise RequirementsError("requirements.txt is not UTF-8")
        path = self._root / "envs" / wanted.label
        return Environment(wanted.label, path, path) if path.exists() else None

    def ensure(self, wanted: Wanted, stop: Event, say) -> None:
        say("creating the environment")
        if self.failure:
            raise self.failure
        if not self.ready(wanted):
            fake.make(self._root, wanted.label, PACKAGE)


def upkeep(root: Path, environments: FakeEnvironments, uv: FakeUv) -> Upkeep:
    """Return the upkeep of three integrations; what one of them wants cannot be read."""
    wanted = [Wanted(name, root) for name in ("kafka", "jira", "unreadable")]
    return Upkeep(root, environments, Uv(uv.path, root / "uv-cache"), wanted, Event())
