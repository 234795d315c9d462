"""All environments of this machine: found by key, resolved and built where missing."""

from importlib.metadata import version
from pathlib import Path
from threading import Event

from msgspec import structs

from framework.environments.build import history
from framework.environments.build.build import Order
from framework.environments.build.history import History
from framework.environments.build.maker import Maker, Told
from framework.environments.environment import Environment, Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.requirements import LOCK
from framework.environments.inputs.sources import Sources
from framework.environments.installed.receipt import Receipt
from framework.environments.lock import lock
from framework.environments.lock.lock import Lock
from framework.environments.lock.locks import Locks
from framework.environments.lock.resolve import Upgrade
from framework.environments.python import finder
from framework.environments.uv import failures
from framework.environments.uv.installer import LIMIT_SECONDS
from framework.environments.uv.steps import Say
from framework.errors import BuildUnavailableError, RequirementsError

MSGSPEC = version("msgspec")


class Environments:
    """`root` holds everything, the cache included: on one file system packages are not copied.

    `uv` is the program to use; the framework's own if it is not given. `instance` marks what is
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
        self._maker = Maker(self.root, uv, instance, limit)
        self._locks = Locks(self.root)
        self._history = History(self.root)
        self._sources = Sources()

    def ready(self, wanted: Wanted) -> Environment | None:
        """Return the environment if it is built; start no process.

        Raises RequirementsError for requirements that cannot be read, or without a Python.
        """
        both = [(one, self._locks.found(one)) for one in self._inputs(wanted)]
        orders = [self._order(one, its) for one, its in both if its]
        receipts = [found for order in orders if (found := self._maker.found(order.key))]
        if len(receipts) < len(both):
            return None
        return self._environment(orders[0].key, orders[1].key, receipts[1])

    def ensure(self, wanted: Wanted, stop: Event, say: Say) -> Environment:
        """Return the environment, resolved and built if need be; `say` is told each step.

        Raises RequirementsError (it must be changed), BuildUnavailableError (it may work later;
        both with the step, uv's own words, what to do next) and StoppedError.
        """
        try:
            return self._ensure(wanted, stop, say)
        except OSError as error:
            raise failures.refused(error, wanted.label, self.root) from error

    def upgrade(self, wanted: Wanted, upgrade: Upgrade, stop: Event, say: Say) -> Environment:
        """Build with newer versions; only once that worked they are committed, and in use."""
        try:
            self._upgrade(wanted, upgrade, (stop, say))
            return self._ensure(wanted, stop, say)
        except OSError as error:
            raise failures.refused(error, wanted.label, self.root) from error

    def commit(self, wanted: Wanted) -> Path | None:
        """Write the lock in use beside the requirements; return where, None if it is there.

        Raises BuildUnavailableError where nothing can be written.
        """
        own, _ = self._inputs(wanted)
        found = self._locks.found(own)
        if not own.requirements.lines or found is None or lock.committed(own):
            return None
        try:
            return lock.commit(own, found)
        except OSError as error:
            raise BuildUnavailableError(
                f"{own.requirements.folder / LOCK} cannot be written: {error.strerror}. The lock "
                "in the state folder is used; to commit one, build where that can be written."
            ) from error

    def refuse_stale(self, wanted: Wanted) -> None:
        """Raise RequirementsError if the committed lock is missing, or for other requirements."""
        lock.refuse_stale(self._inputs(wanted)[0])

    def fingerprint(self, wanted: Wanted) -> str:
        """Return what changes if, and only if, another environment may be needed; never raises.

        No process is started, save for a Python that was never seen.
        """
        try:
            return self._own(wanted).fingerprint()
        except (RequirementsError, OSError) as error:
            return inputs.digest(str(error))

    def sweep(self) -> int:
        """Remove what killed builds left behind; return how many there were."""
        return self._maker.sweep()

    def _ensure(self, wanted: Wanted, stop: Event, say: Say) -> Environment:
        own, sdk = self._inputs(wanted)
        told, beside = (stop, say), (stop, lambda line: say(f"the sdk's {sdk.label}: {line}"))
        first, second = self._lock(own, wanted, told), self._lock(sdk, wanted, beside)
        key, _ = self._made(own, first, told)
        its, found = self._made(sdk, second, beside)
        return self._environment(key, its, found)

    def _upgrade(self, wanted: Wanted, upgrade: Upgrade, told: Told) -> None:
        own, _ = self._inputs(wanted)
        if not own.requirements.lines:
            return
        with self._maker.turn(lock.name(own, own.floors[0]), told):
            made = self._maker.resolve(own, self._locks.start(own), told, upgrade)
            self._made(own, made, told)
            self._adopt(own, made)

    def _lock(self, one: Inputs, wanted: Wanted, told: Told) -> Lock:
        if found := self._locks.found(one):
            return found
        with self._maker.turn(lock.name(one, one.floors[0]), told):
            if found := self._locks.found(one):
                return found  # another integration of the same type was faster
            found = self._locks.elsewhere(one)
            found = found or self._maker.resolve(one, self._locks.start(one), told)
            if one not in self._inputs(wanted):
                raise BuildUnavailableError(
                    f"{one.requirements.source} was changed while it was resolved. Start again."
                )
            self._locks.keep(one, found)
        return found

    def _made(self, one: Inputs, its: Lock, told: Told) -> tuple[str, Receipt]:
        order = self._order(one, its)
        record = history.record(order.key, one, its)
        found = self._maker.found(order.key)
        if found is None:
            lock.refuse_unhashed(its, one)
            why = self._history.why(one.label, record)
            found = self._maker.make(structs.replace(order, why=why), told)
        self._history.keep(one.label, record)
        return order.key, found

    def _adopt(self, one: Inputs, upgraded: Lock) -> None:
        try:
            lock.commit(one, upgraded)
        except OSError:
            if lock.committed(one):  # it counts before one in the state folder
                raise
            self._locks.keep(one, upgraded)

    def _inputs(self, wanted: Wanted) -> tuple[Inputs, Inputs]:
        """Return the integration's own, and those of the sdk's msgspec beside it."""
        own = self._own(wanted)
        return own, inputs.of_package("msgspec", MSGSPEC, wanted.installation, own.python)

    def _own(self, wanted: Wanted) -> Inputs:
        python = finder.find(wanted.installation.python, self.root / "pythons.json")
        return inputs.read(wanted, python, self._sources)

    def _order(self, one: Inputs, its: Lock) -> Order:
        return Order(one.environment_key(its.body), one, its)

    def _environment(self, key: str, sdk: str, found: Receipt) -> Environment:
        msgspec = self._maker.place(sdk) / found.site_packages
        return Environment(key, self._maker.place(key), msgspec)
