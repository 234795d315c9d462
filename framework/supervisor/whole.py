"""The supervisor with all that it runs, as operators see it."""

from collections.abc import Iterable

from msgspec import Struct

from framework.events import TriggerStatus
from framework.journal import DeliveryEntry, ResyncReport, Transition
from framework.workers.gauge import Measured
from framework.workers.states import FAILED, SERVING, State
from framework.workers.status import WorkerStatus

RESTING = (State.STOPPED, State.DISABLED)  # as somebody wants it
SETTLED = (*SERVING, *FAILED, *RESTING, State.STOPPING)


class IntegrationStatus(WorkerStatus, frozen=True, rename="camel"):
    """A worker's status with the report on its last resync."""

    last_resync: ResyncReport | None = None


class Status(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What operators see; `state` is STARTING, READY, DEGRADED or STOPPING.

    `unread` is why the configuration file as it is now was not taken into use.
    """

    state: str
    triggers: list[TriggerStatus]
    integrations: list[IntegrationStatus]
    unread: str | None = None


class Place(Struct, frozen=True):
    """An environment: its key and its folder."""

    key: str
    path: str


class Ceilings(Struct, frozen=True, rename="camel"):
    """The limits of an integration, sizes in bytes."""

    memory: int
    memory_soft: int
    open_files: int


class Description(Struct, frozen=True, rename="camel"):
    """All there is to know of one integration; what has a history comes newest first."""

    integration: IntegrationStatus
    transitions: list[Transition]
    environment: Place | None
    processes: list[Measured]
    limits: Ceilings
    deliveries: list[DeliveryEntry]
    log: str


def state(trigger: TriggerStatus, integrations: Iterable[WorkerStatus]) -> str:
    """Return the whole in a word, as long as it is not stopping."""
    states = [one.state for one in integrations]
    if trigger.state == "listening" and all(one in {State.READY, *RESTING} for one in states):
        return "READY"
    if trigger.state == "connecting" or not all(one in SETTLED for one in states):
        return "STARTING"
    return "DEGRADED"
