"""The supervisor: owns the order in which everything starts, and in which it stops."""

import logging
import os
import threading
import time
import uuid
from functools import partial

import msgspec
from msgspec import Raw, Struct, structs

from framework import kernel, router
from framework.config import Config, Integration
from framework.environments import Environments, Wanted, current
from framework.errors import ConfigError, JournalError
from framework.events import Delivery, Event, Hub, Resync, TriggerStatus
from framework.journal import Journal, ResyncReport
from framework.port import resources
from framework.port.client import Client, user_agent
from framework.port.token import Tokens
from framework.state import StateFolder
from framework.sync.export import Exporter
from framework.sync.mappers import Mappers
from framework.sync.registration import Registration
from framework.sync.resync import Resyncs
from framework.sync.turns import Turns
from framework.workers.builder import Supply
from framework.workers.launch import Launch
from framework.workers.lifecycle import State
from framework.workers.worker import Worker, WorkerStatus

TRIGGER_SECONDS = 15.0  # how long the first resync waits for the trigger's first positions
TRIGGER_STOP_SECONDS = 25.0  # a broker that keeps silent holds the library up to its own limits
WORKER_STOP_SECONDS = 20.0  # shutdown, SIGTERM, SIGKILL, and what a lane still says to Port
STORE_STOP_SECONDS = 5.0
SETTLED = (State.READY, State.BACKOFF, State.BLOCKED)

log = logging.getLogger("supervisor")


class IntegrationStatus(WorkerStatus, frozen=True, rename="camel"):
    """A worker's status with the report on its last resync."""

    last_resync: ResyncReport | None = None


class Status(Struct, frozen=True, rename="camel"):
    """What operators see; `state` is STARTING, READY, DEGRADED or STOPPING."""

    state: str
    triggers: list[TriggerStatus]
    integrations: list[IntegrationStatus]


class Supervisor:
    """Everything that runs for one config.yaml in one state folder."""

    def __init__(self, config: Config, folder: StateFolder, version: str):
        self._config = config
        self._folder = folder
        self._version = version
        self._stop = threading.Event()
        self._resynced = threading.Event()
        self._due = time.monotonic() + TRIGGER_SECONDS
        self._journal = Journal(folder.path / "journal.sqlite")
        self._environments = Environments(folder.path / "environments", instance=folder.instance)
        self._mappers = Mappers(os.cpu_count() or 1, folder.instance)
        self._turns = Turns(self._stop)
        self._tokens = Tokens(config.port)
        self._workers = {one.identifier: self._worker(one) for one in config.integrations}
        hub = Hub(folder.instance, self.accept, self.resync_all, self._stop)
        client = Client(config.port, self._tokens, self._stop, f"integration-framework/{version}")
        self._trigger = config.trigger_channel.listen(hub, client)

    def start(self) -> None:
        """Start stores, then workers, then the trigger; post what the journal still holds."""
        kernel.adopt_orphans()
        kernel.hide_memory()
        self._mappers.start()
        self._journal.open()
        self._environments.sweep()
        self._turns.start()
        for worker in self._workers.values():
            worker.start()
        self._hand_over(self._journal.pending())
        self._trigger.start()

    def stop(self) -> None:
        """Stop the trigger, then the workers, then the stores; safe after half a start."""
        self._stop.set()
        _join(self._trigger, TRIGGER_STOP_SECONDS)
        for worker in self._workers.values():
            worker.stop()
        deadline = time.monotonic() + WORKER_STOP_SECONDS
        for worker in self._workers.values():
            _join(worker, deadline - time.monotonic())
        _join(self._turns, STORE_STOP_SECONDS)
        self._mappers.close()
        self._journal.close()

    def accept(self, event: Event) -> int:
        """Record an event, hand its deliveries over; return how many integrations it concerns.

        Raises JournalError: then nothing was recorded, and nothing may be acknowledged.
        """
        identifiers = router.concerned(event, self._workers)
        if identifiers:
            self._hand_over(self._journal.record(event, identifiers))
        return len(identifiers)

    def resync_all(self, reason: str) -> None:
        """Have every integration resync; raises JournalError as `accept` does."""
        if self._workers:
            self.accept(Resync(self._event_id(), None, reason))
        self._resynced.set()

    def resync(self, identifier: str) -> str:
        """Have one integration resync; return the event's id, raise ConfigError if unknown."""
        if identifier not in self._workers:
            known = ", ".join(self._workers) or "none"
            raise ConfigError(f"no integration {identifier!r}; there are: {known}")
        event = Resync(self._event_id(), identifier, "asked for by an operator")
        self.accept(event)
        return event.id

    def look_after(self) -> None:
        """Do what is due by the clock: resync although the trigger has not found its positions."""
        if self._resynced.is_set() or time.monotonic() < self._due:
            return
        self._due += TRIGGER_SECONDS
        try:
            self.resync_all("start, without the trigger")
        except JournalError as error:
            log.error("the first resync waits: %s", error)

    def status(self) -> Status:
        """Return what operators see."""
        reports = self._journal.last_resyncs()
        integrations = [
            IntegrationStatus(**structs.asdict(worker.status), last_resync=reports.get(identifier))
            for identifier, worker in self._workers.items()
        ]
        return Status(self.state, [self._trigger.status], integrations)

    @property
    def state(self) -> str:
        """The whole in a word."""
        states = [worker.status.state for worker in self._workers.values()]
        trigger = self._trigger.status.state
        if self._stop.is_set():
            return "STOPPING"
        if trigger == "listening" and all(state is State.READY for state in states):
            return "READY"
        if trigger == "connecting" or not all(state in SETTLED for state in states):
            return "STARTING"
        return "DEGRADED"

    def _hand_over(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            worker = self._workers.get(delivery.identifier)
            if worker is None:
                log.warning("%s waits: the integration is not configured", delivery.id)
                continue
            worker.deliver(delivery)

    def _event_id(self) -> str:
        return f"supervisor:{self._folder.instance}:{uuid.uuid4()}"

    def _worker(self, settings: Integration) -> Worker:
        stopping = threading.Event()
        launch = Launch(
            identifier=settings.identifier,
            type=settings.type,
            folder=settings.folder,
            config=Raw(msgspec.json.encode(settings.config)),
            env=settings.env,
            instance=self._folder.instance,
            version=self._version,
        )
        wanted = Wanted(settings.identifier, settings.folder, settings.installation)
        supply = Supply(
            build=partial(self._environments.ensure, wanted),
            fingerprint=partial(_fingerprint, self._environments, wanted),
            file=current.path(self._folder.path / "environments", settings.identifier),
        )
        work = self._resyncs(settings, stopping)
        return Worker(launch, supply, work, self._journal, stopping)

    def _resyncs(self, settings: Integration, stopping: threading.Event) -> Resyncs:
        agent = user_agent(settings.type, self._version, settings.identifier)
        client = Client(self._config.port, self._tokens, stopping, agent)
        load = partial(
            resources.load, settings.folder, settings.type, settings.identifier, self._version
        )
        exporter = Exporter(
            identifier=settings.identifier,
            type=settings.type,
            client=client,
            mappers=self._mappers,
            journal=self._journal,
            stop=stopping,
            log=logging.getLogger(f"integration.{settings.identifier}"),
        )
        return Resyncs(exporter, Registration(client, load, self._journal, self._turns))


def _fingerprint(environments: Environments, wanted: Wanted) -> str:
    """Return what changes with the inputs, and with the code: mending it lifts a mark as bad."""
    code = [(path.name, path.stat().st_mtime_ns) for path in sorted(wanted.folder.glob("*.py"))]
    return f"{environments.fingerprint(wanted)} {code}"


def _join(thread: threading.Thread, seconds: float) -> None:
    if not thread.is_alive():
        return
    thread.join(max(0.0, seconds))
    if thread.is_alive():
        log.error("%s did not stop in time; what it was doing stays pending", thread.name)
