"""The overall state of the supervisor, and its status as operators see it."""

from collections.abc import Iterable

from msgspec import Struct

from framework.events import TriggerStatus
from framework.journal import ResyncReport
from framework.workers.states import FAILED, SERVING, State
from framework.workers.status import WorkerStatus

RESTING = (State.STOPPED, State.DISABLED)  # because an operator wants it so
SETTLED = (*SERVING, *FAILED, *RESTING, State.STOPPING)


class IntegrationStatus(WorkerStatus, frozen=True, rename="camel"):
    """A worker's status with the report on its last resync."""

    last_resync: ResyncReport | None = None


class Status(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What operators see; `state` is STARTING, READY, DEGRADED or STOPPING.

    `unread` is why the last reload did not apply the configuration file; `unreadable_rows` counts
    the journal's rows that were left out.
    """

    state: str
    triggers: list[TriggerStatus]
    integrations: list[IntegrationStatus]
    unread: str | None = None
    unreadable_rows: int = 0


def state(trigger: TriggerStatus, integrations: Iterable[WorkerStatus]) -> str:
    """Return the overall state of a supervisor that is not stopping."""
    states = [one.state for one in integrations]
    if trigger.state == "listening" and all(one in {State.READY, *RESTING} for one in states):
        return "READY"
    if trigger.state == "connecting" or not all(one in SETTLED for one in states):
        return "STARTING"
    return "DEGRADED"
