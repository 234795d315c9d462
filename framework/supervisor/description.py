"""Everything that is known about one integration."""

from pathlib import Path

from msgspec import Struct, structs

from framework import logs
from framework.config import Integration
from framework.environments.installed import current
from framework.journal import DeliveryEntry, Journal, Transition
from framework.machine import memory_watch
from framework.machine.memory_watch import Measured
from framework.supervisor.overall import IntegrationStatus
from framework.workers.status import WorkerStatus


class Place(Struct, frozen=True):
    """An environment's key and its folder."""

    key: str
    path: str


class Ceilings(Struct, frozen=True, rename="camel"):
    """The limits of an integration, sizes in bytes."""

    memory: int
    memory_soft: int
    open_files: int


class Description(Struct, frozen=True, rename="camel"):
    """Everything that is known about one integration; histories begin with the newest."""

    integration: IntegrationStatus
    transitions: list[Transition]
    environment: Place | None
    processes: list[Measured]
    limits: Ceilings
    deliveries: list[DeliveryEntry]
    log: str


def describe(
    settings: Integration, status: WorkerStatus, journal: Journal, folder: Path
) -> Description:
    """Describe an integration from its status, the journal and the state folder."""
    name, limits = settings.identifier, settings.limits
    noted = current.read(current.path(folder / "environments", name)).environment
    report = journal.last_resyncs().get(name)
    return Description(
        integration=IntegrationStatus(**structs.asdict(status), last_resync=report),
        transitions=journal.transitions(name),
        environment=Place(noted.key, str(noted.path)) if noted else None,
        processes=memory_watch.tree(status.pid) if status.pid else [],
        limits=Ceilings(limits.memory, limits.memory_soft, limits.open_files),
        deliveries=journal.last_deliveries(name),
        log=str(logs.path(folder.absolute(), name)),
    )
