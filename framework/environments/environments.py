"""All environments of this machine, each the end of a pipeline.

    inputs.read     what an integration asks for                          -> Inputs
    Locks.ensure    Inputs                    found, or resolved by uv    -> Lock
    Maker.ensure    Inputs and Lock           found, or built by uv       -> Receipt

It runs twice: for the integration's own environment, and for the sdk's msgspec beside it.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event

from framework.environments import layout
from framework.environments.building.build import order
from framework.environments.building.maker import Maker
from framework.environments.environment import Environment, Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.sources import Sources
from framework.environments.installed.receipt import Receipt
from framework.environments.lock import lock
from framework.environments.lock.locks import Locks
from framework.environments.lock.resolve import Upgrade
from framework.environments.python import finder
from framework.environments.uv import failures
from framework.environments.uv.installer import LIMIT_SECONDS
from framework.environments.uv.steps import Say
from framework.environments.uv.workspace import Workspace
from framework.errors import RequirementsError

MSGSPEC = version("msgspec")


class Environments:
    """`root` is the folder that holds everything; see `layout.py`.

    `uv` is the program to use, the framework's own if it is not given. `instance` marks what is
    started for a build; `limit` is how many seconds one may take.
    """

    def __init__(
        self,
        root: Path,
        uv: Path | None = None,
        instance: str = "",
        limit: float = LIMIT_SECONDS,
    ):
        self.root = root.absolute()
        self._sources = Sources()
        self._workspace = Workspace(self.root, uv, instance, limit)
        self._locks = Locks(self.root, self._workspace)
        self._maker = Maker(self.root, self._workspace)

    def ensure(self, wanted: Wanted, stop: Event, say: Say) -> Environment:
        """Return the environment, resolved and built if need be; `say` is told each step.

        Raises RequirementsError (it must be changed), BuildUnavailableError (it may work later;
        both with the step, uv's own words, what to do next) and StoppedError.
        """
        with self._explained(wanted):
            own, sdk = self._inputs(wanted)
            reread = partial(self._inputs, wanted)
            built = self._ensure(own, reread, stop, say)
            beside = self._ensure(
                sdk, reread, stop, lambda line: say(f"the sdk's {sdk.label}: {line}")
            )
        return self._environment(built, beside)

    def _inputs(self, wanted: Wanted) -> tuple[Inputs, Inputs]:
        """Return the integration's own inputs, and those of the sdk's msgspec beside it."""
        own = self._own(wanted)
        return own, inputs.of_package("msgspec", MSGSPEC, wanted.installation, own.python)

    def _own(self, wanted: Wanted) -> Inputs:
        python = finder.find(wanted.installation.python, self.root / layout.PYTHONS)
        return inputs.read(wanted, python, self._sources)

    def _ensure(
        self, inputs: Inputs, reread: Callable[[], Collection[Inputs]], stop: Event, say: Say
    ) -> Receipt:
        found = self._locks.ensure(inputs, reread, stop, say)
        return self._maker.ensure(order(inputs, found), stop, say)

    def _environment(self, own: Receipt, sdk: Receipt) -> Environment:
        msgspec = self._maker.path(sdk.key) / sdk.site_packages
        return Environment(own.key, self._maker.path(own.key), msgspec)

    def ready(self, wanted: Wanted) -> Environment | None:
        """Return the environment if it is built; start no process.

        Raises RequirementsError for requirements that cannot be read, or without a Python.
        """
        own, sdk = (self._found(inputs) for inputs in self._inputs(wanted))
        return self._environment(own, sdk) if own and sdk else None

    def _found(self, inputs: Inputs) -> Receipt | None:
        found = self._locks.found(inputs)
        return self._maker.found(inputs.environment_key(found.body)) if found else None

    def upgrade(self, wanted: Wanted, upgrade: Upgrade, stop: Event, say: Say) -> Environment:
        """Build with newer versions; they are committed, and in use, once that has worked."""
        with self._explained(wanted):
            own, _ = self._inputs(wanted)
            if own.requirements.lines:
                with self._locks.upgraded(own, upgrade, stop, say) as newer:
                    self._maker.ensure(order(own, newer), stop, say)
        return self.ensure(wanted, stop, say)

    def commit(self, wanted: Wanted) -> Path | None:
        """Write the lock in use beside the requirements; return where, None if it is there.

        Raises BuildUnavailableError if it cannot be written.
        """
        return self._locks.commit(self._own(wanted))

    def refuse_stale(self, wanted: Wanted) -> None:
        """Raise RequirementsError if the committed lock is missing, or for other requirements."""
        lock.refuse_stale(self._own(wanted))

    def fingerprint(self, wanted: Wanted) -> str:
        """Return what changes if, and only if, another environment may be needed; never raises.

        No process is started, except for a Python that is new to this machine.
        """
        try:
            return self._own(wanted).fingerprint()
        except (RequirementsError, OSError) as error:
            return inputs.digest(str(error))

    def sweep(self) -> int:
        """Remove what killed builds left behind; return how many there were."""
        return self._workspace.sweep()

    @contextmanager
    def _explained(self, wanted: Wanted) -> Iterator[None]:
        """Turn what the file system refuses into an error for an operator."""
        try:
            yield
        except OSError as error:
            raise failures.refused(error, wanted.label, self.root) from error
