"""The workers of all integrations: which there are, and how they are replaced."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from framework.config import Integration
from framework.environments.inputs.input_watch import Looked
from framework.errors import ConfigError, FrameworkError, JournalError
from framework.events import Delivery
from framework.journal import Desired, Journal
from framework.machine.memory_watch import Watched
from framework.workers.states import State
from framework.workers.status import WorkerStatus
from framework.workers.worker import Worker

LOOK_SECONDS = 0.2  # how long a stop may go unnoticed while workers end
STOP_SECONDS = 60.0  # shutdown, SIGTERM, SIGKILL, and a lane's last report to Port

log = logging.getLogger("supervisor")


class Workforce:
    """The main thread alone changes it, by replacing whole dictionaries.

    So any thread may read it at any time and sees one consistent state.
    """

    def __init__(self, make: Callable[[Integration], Worker], journal: Journal):
        self._make = make
        self._journal = journal
        self._settings: dict[str, Integration] = {}
        self._workers: dict[str, Worker] = {}
        self._unstarted: dict[str, str] = {}  # identifier -> why it has no worker yet
        self._behind: frozenset[str] = frozenset()  # the journal's deliveries are still to come

    # --- from any thread

    @property
    def identifiers(self) -> list[str]:
        """The integrations that events may concern."""
        return [*self._workers, *self._unstarted]

    @property
    def statuses(self) -> list[WorkerStatus]:
        """Every integration as operators see it, in the order of config.yaml."""
        return [self.status(settings) for settings in self._settings.values()]

    @property
    def all_settings(self) -> tuple[Integration, ...]:
        """The settings of every integration, in the order of config.yaml."""
        return tuple(self._settings.values())

    def status(self, settings: Integration) -> WorkerStatus:
        """Return the status of an integration, which may have no worker yet, or be disabled."""
        name = settings.identifier
        if worker := self._workers.get(name):
            return worker.status
        if reason := self._unstarted.get(name):
            return WorkerStatus(name, settings.type, State.BACKOFF, reason=reason)
        return WorkerStatus(name, settings.type, State.DISABLED)

    def settings(self, identifier: str) -> Integration:
        """Return what config.yaml says about an integration; raise ConfigError if it is unknown."""
        settings = self._settings.get(identifier)
        if settings is None:
            known = ", ".join(self._settings) or "none"
            raise ConfigError(f"no integration {identifier!r}; there are: {known}")
        return settings

    def find(self, identifier: str) -> Worker:
        """Return a worker; raise ConfigError with the reason if there is none."""
        self.settings(identifier)
        worker = self._workers.get(identifier)
        if reason := self._unstarted.get(identifier):
            raise FrameworkError(f"{identifier}: {reason}")
        if worker is None:
            raise ConfigError(
                f"{identifier} is disabled in config.yaml: set `enabled: true`, then reload"
            )
        return worker

    def hand_over(self, deliveries: Iterable[Delivery]) -> None:
        """Hand recorded deliveries to their workers."""
        for delivery in deliveries:
            if worker := self._workers.get(delivery.identifier):
                worker.deliver(delivery)
            else:
                log.warning("%s waits: the integration is not configured", delivery.id)

    def watched(self) -> Iterator[Watched]:
        """Yield every process whose memory has a limit."""
        for name, worker in self._workers.items():
            pid, settings = worker.status.pid, self._settings.get(name)
            if pid is None or settings is None:
                continue
            soft, hard = partial(worker.relieve, pid), partial(worker.replace, pid)
            yield Watched(pid, settings.limits, soft, hard)

    def looked(self) -> Iterator[Looked]:
        """Yield the inputs of every environment, to be watched for changes."""
        for name, worker in self._workers.items():
            supply = worker.supply
            yield Looked(name, supply.inputs or name, supply.fingerprint, worker.look)

    # --- from the main thread

    def employ(self, settings: Iterable[Integration], desired: Mapping[str, Desired]) -> None:
        """Start workers in their desired state, with their pending deliveries from the journal.

        Each is registered before its deliveries are read, so that an event which is recorded
        meanwhile reaches it. What fails is logged, shown, and done by `try_again`.
        """
        added = {one.identifier: one for one in settings}
        fresh: dict[str, Worker] = {}
        unstarted = {name: why for name, why in self._unstarted.items() if name not in added}
        for name in [name for name, one in added.items() if one.enabled]:
            try:
                fresh[name] = self._make(added[name])
            except Exception as error:  # noqa: BLE001 - one integration must not end the others
                unstarted[name] = _failure(name, error)
        others = {name: one for name, one in self._workers.items() if name not in added}
        self._settings = {**self._settings, **added}
        self._workers, self._unstarted = {**others, **fresh}, unstarted
        self._behind |= fresh.keys()
        for name, worker in fresh.items():
            if name in desired and desired[name] is not Desired.RUN:
                worker.desire(desired[name])
        try:
            self._catch_up()
        except JournalError as error:
            log.error("pending deliveries wait (%s): %s", ", ".join(self._behind), error)
        for name, worker in fresh.items():
            try:
                worker.start()
            except RuntimeError as error:  # this machine has no room for another thread
                self._unstarted = {**self._unstarted, name: _failure(name, error)}
                self._workers = {one: its for one, its in self._workers.items() if one != name}

    def try_again(self) -> None:
        """Do what `employ` could not; raise JournalError."""
        self._catch_up()
        if self._unstarted:
            missing = [self._settings[name] for name in self._unstarted]
            self.employ(missing, self._journal.desired())

    def _catch_up(self) -> None:
        """Hand over what the journal holds for new workers; raise JournalError."""
        if self._behind:
            served = self._workers.keys() - self._behind
            self.hand_over(one for one in self._journal.pending() if one.identifier not in served)
            self._behind = frozenset()

    def dismiss(self, identifiers: Iterable[str], hurry: Callable[[], bool]) -> list[str]:
        """Stop workers; return those that did not end in time, or before `hurry` returned true.

        They stay registered until they are replaced or forgotten; what is recorded for them
        meanwhile waits in the journal.
        """
        leaving = {name: self._workers[name] for name in identifiers if name in self._workers}
        for worker in leaving.values():
            worker.stop()
        deadline = time.monotonic() + STOP_SECONDS
        while alive := [worker for worker in leaving.values() if worker.is_alive()]:
            if time.monotonic() >= deadline or hurry():
                break
            alive[0].join(LOOK_SECONDS)
        return [name for name, worker in leaving.items() if worker.is_alive()]

    def forget(self, identifiers: Iterable[str]) -> None:
        """Remove integrations."""
        gone = {*identifiers}
        self._workers = {name: one for name, one in self._workers.items() if name not in gone}
        self._unstarted = {name: why for name, why in self._unstarted.items() if name not in gone}
        self._settings = {name: one for name, one in self._settings.items() if name not in gone}

    def arrange(self, order: Iterable[str]) -> None:
        """Put the integrations in this order."""
        known = self._settings
        first = {name: known[name] for name in order if name in known}
        self._settings = {**first, **known}

    def stop(self, seconds: float) -> list[Worker]:
        """Stop all workers; return those that did not end in time."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.stop()
        deadline = time.monotonic() + seconds
        for worker in workers:
            if worker.ident is not None:
                worker.join(max(0.0, deadline - time.monotonic()))
        return [worker for worker in workers if worker.is_alive()]


def _failure(name: str, error: Exception) -> str:
    log.error("%s has no worker; it is tried again", name, exc_info=error)
    return f"its worker could not be started, and is tried again: {error!r}"
