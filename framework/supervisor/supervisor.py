"""The supervisor: decides the order in which everything starts, changes and stops."""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from functools import partial

from msgspec import structs

from framework import kernel, orphans, router
from framework.config import Config, Integration, difference
from framework.config.difference import Change, Difference
from framework.environments import Environments
from framework.environments.inputs.input_watch import Lookout
from framework.errors import FrameworkError, JournalError
from framework.events import Event, Hub, Resync
from framework.journal import Desired, Journal
from framework.machine.memory_watch import MemoryWatch
from framework.machine.start_gate import StartGate
from framework.mapping.pool import Mappers
from framework.masking import Masks
from framework.port.client import Client
from framework.port.token import Tokens
from framework.slots import Slots
from framework.state import StateFolder
from framework.supervisor import description, overall, wiring
from framework.supervisor.description import Description
from framework.supervisor.overall import IntegrationStatus, Status
from framework.supervisor.wiring import Means
from framework.supervisor.workforce import Workforce

TRIGGER_SECONDS = 15.0  # how long the first resync waits until the trigger knows where to begin
TRIGGER_STOP_SECONDS = 25.0  # a silent broker holds the Kafka library up to its own timeouts
WORKER_STOP_SECONDS = 20.0  # shutdown, SIGTERM, SIGKILL, and a lane's last report to Port
STORE_STOP_SECONDS = 5.0
STACKS_SECONDS = 10.0  # for a process to print its stacks, by a signal if need be
RETRY_SECONDS = 10.0  # between two tries to start a worker that could not be started
BURIAL_SECONDS = 60.0  # how often adopted processes that have ended are reaped

log = logging.getLogger("supervisor")


class Supervisor:
    """Everything that runs for one config.yaml in one state folder."""

    def __init__(self, config: Config, folder: StateFolder, version: str, masks: Masks):
        self._config = config
        self._folder = folder
        self._masks = masks
        config.teach(masks)
        self._stop = threading.Event()
        self._resynced = threading.Event()
        self._due = time.monotonic() + TRIGGER_SECONDS
        self._burial = time.monotonic() + BURIAL_SECONDS
        self._retry = time.monotonic() + RETRY_SECONDS
        self._journal = Journal(folder.path / "journal.sqlite")
        self._environments = Environments(folder.path / "environments", instance=folder.instance)
        self._mappers = Mappers(os.cpu_count() or 1, folder.instance)
        self._starts = StartGate()
        tokens = Tokens(config.port, masks)
        means = Means(
            folder=folder,
            version=version,
            port=config.port,
            tokens=tokens,
            journal=self._journal,
            environments=self._environments,
            mappers=self._mappers,
            registrations=Slots(1),
            starts=self._starts,
            masks=masks,
        )
        self._workforce = Workforce(partial(wiring.worker, means=means), self._journal)
        self._gauge = MemoryWatch(self._workforce.watched, self._stop)
        self._lookout = Lookout(self._workforce.looked, self._stop)
        hub = Hub(folder.instance, self.accept, self.resync_all, self._stop)
        client = Client(config.port, tokens, self._stop, f"integration-framework/{version}")
        self._trigger = config.trigger_channel.listen(hub, client)
        self._stuck: set[str] = set()  # integrations that did not end in time for a reload
        self.unread: str | None = None

    # --- from the main thread

    def start(self) -> None:
        """Start stores, then workers with what the journal holds for them, then the trigger."""
        kernel.adopt_orphans()
        self._mappers.start()
        self._journal.open()
        self._environments.sweep()
        self._starts.start()
        self._workforce.employ(self._config.integrations, self._journal.desired())
        self._gauge.start()
        self._lookout.start()
        self._trigger.start()

    def stop(self) -> None:
        """Stop the trigger, then the workers, then the stores; works after a failed start, too."""
        self._stop.set()
        _join(self._trigger, TRIGGER_STOP_SECONDS)
        for worker in self._workforce.stop(WORKER_STOP_SECONDS):
            _late(worker)
        self._starts.close()
        for thread in (self._starts, self._gauge, self._lookout):
            _join(thread, STORE_STOP_SECONDS)
        self._mappers.close()
        self._journal.close()

    def look_after(self) -> None:
        """Do what is due; called several times a second."""
        now = time.monotonic()
        if now >= self._burial:
            self._burial = now + BURIAL_SECONDS
            orphans.bury_dead()
        if now >= self._due and not self._resynced.is_set():
            self._due += TRIGGER_SECONDS
            try:
                self.resync_all("start, without the trigger")
            except JournalError as error:
                log.error("the first resync waits: %s", error)
        if now >= self._retry:
            self._retry = now + RETRY_SECONDS
            self._workforce.try_again()

    def reload(self, config: Config, hurry: Callable[[], bool]) -> Difference:
        """Apply another configuration, as far as that is possible without a restart.

        Unchanged integrations keep their processes. Raises FrameworkError for one that does not
        end in time, or not before `hurry` returns true; the next reload tries it again.
        """
        config.teach(self._masks)
        desired = self._journal.desired()  # a journal that cannot be read changes nothing
        found = difference.difference(self._config, config)
        new = {one.identifier: one for one in config.integrations}
        touched = [
            one.identifier
            for one in found.integrations
            if one.change is not Change.UNCHANGED or one.identifier in self._stuck
        ]
        stuck = self._workforce.dismiss(touched, hurry)
        self._stuck = {*stuck}
        free = [name for name in touched if name not in stuck]
        begin = [new[name] for name in free if name in new]
        self._workforce.forget(name for name in free if name not in new)
        self._workforce.employ(begin, desired)
        self._workforce.arrange(new)
        self._config = structs.replace(self._config, integrations=self._workforce.all_settings)
        self.unread = None
        self._resync_each(begin)
        if stuck:
            raise FrameworkError(
                f"{', '.join(stuck)}: the process did not end in time; the rest is applied, "
                "`supervisor.py reload` tries again"
            )
        return found

    def employ_again(self, identifier: str) -> None:
        """Replace a worker whose owner failed."""
        if not self._workforce.find(identifier).is_alive():
            settings = self._workforce.settings(identifier)
            self._workforce.employ([settings], self._journal.desired())

    # --- from any thread

    def accept(self, event: Event) -> int:
        """Record an event and hand out its deliveries; return how many integrations it concerns.

        Raises JournalError if it was not recorded; then it must not be acknowledged.
        """
        identifiers = router.concerned(event, self._workforce.identifiers)
        if identifiers:
            self._workforce.hand_over(self._journal.record(event, identifiers))
        return len(identifiers)

    def resync_all(self, reason: str) -> None:
        """Have every integration resync; raise JournalError as `accept` does."""
        if self._workforce.identifiers:
            self.accept(Resync(self._event_id(), None, reason))
        self._resynced.set()

    def resync(self, identifier: str, reason: str = "asked for by an operator") -> str:
        """Have one integration resync; return the event's id, raise ConfigError if unknown."""
        self._workforce.find(identifier)
        event = Resync(self._event_id(), identifier, reason)
        self.accept(event)
        return event.id

    def desire(self, identifier: str, desired: Desired) -> None:
        """Set what an integration is to do from now on, across restarts too; RUN tries at once."""
        worker = self._workforce.find(identifier)
        self._journal.desire(identifier, desired)
        if not worker.is_alive():
            raise FrameworkError(
                f"{identifier} has no owner: `supervisor.py restart {identifier}` makes another"
            )
        worker.desire(desired)

    def restart(self, identifier: str) -> bool:
        """Have an integration's process replaced; return False if its owner has failed."""
        worker = self._workforce.find(identifier)
        if worker.status.desired is Desired.STOP:
            self._journal.desire(identifier, Desired.RUN)
        worker.restart()
        return worker.is_alive()

    def stacks(self, identifier: str) -> str:
        """Return what every thread of an integration's process is doing."""
        answer = self._workforce.find(identifier).explain()
        try:
            return answer.result(STACKS_SECONDS)
        except TimeoutError:
            raise FrameworkError(
                f"{identifier} did not answer within {STACKS_SECONDS:.0f} s"
            ) from None

    def preview(self, config: Config) -> Difference:
        """Return what a reload would change."""
        return difference.difference(self._config, config)

    def status(self) -> Status:
        """Return what operators see."""
        reports = self._journal.last_resyncs()
        integrations = [
            IntegrationStatus(**structs.asdict(one), last_resync=reports.get(one.identifier))
            for one in self._workforce.statuses
        ]
        trigger, hide = self._trigger.status, self._masks.hide_all
        trigger = structs.replace(trigger, reason=hide(trigger.reason) if trigger.reason else None)
        unread = hide(self.unread) if self.unread else None
        return Status(self.state, [trigger], integrations, unread, self._journal.unreadable)

    def describe(self, identifier: str) -> Description:
        """Return everything that is known about one integration."""
        settings = self._workforce.settings(identifier)
        status = self._workforce.status(settings)
        return description.describe(settings, status, self._journal, self._folder.path)

    @property
    def state(self) -> str:
        """The overall state: STARTING, READY, DEGRADED or STOPPING."""
        if self._stop.is_set():
            return "STOPPING"
        return overall.state(self._trigger.status, self._workforce.statuses)

    def _resync_each(self, integrations: Iterable[Integration]) -> None:
        for one in integrations:
            try:
                if one.enabled:
                    self.resync(one.identifier, "its configuration is new")
            except JournalError as error:
                log.error("%s does not resync: %s", one.identifier, error)

    def _event_id(self) -> str:
        return f"supervisor:{self._folder.instance}:{uuid.uuid4()}"


def _join(thread: threading.Thread, seconds: float) -> None:
    if not thread.is_alive():
        return
    thread.join(max(0.0, seconds))
    if thread.is_alive():
        _late(thread)


def _late(thread: threading.Thread) -> None:
    log.error("%s did not stop in time; what it was doing stays pending", thread.name)
