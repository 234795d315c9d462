"""What can lie in an owner's inbox; `session` is the number of the start it belongs to."""

from msgspec import Struct

from framework.environments import Environment
from framework.events import Delivery
from framework.protocol.messages import Message
from framework.workers.lanes import Settled
from framework.workers.reader import ToOwner


class Building(Struct, frozen=True):
    """The environment for today's inputs is being looked for, or built."""


class Built(Struct, frozen=True):
    """The environment for the inputs with this fingerprint."""

    environment: Environment
    fingerprint: str


class Unbuilt(Struct, frozen=True):
    """It could not be built; tried again after `wait` seconds, without it once inputs change."""

    reason: str
    wait: float | None


class Said(Struct, frozen=True):
    """What a process said to its owner."""

    session: int
    message: ToOwner


class Send(Struct, frozen=True):
    """A lane's message to a process."""

    session: int
    message: Message


class Kill(Struct, frozen=True):
    """A process must be ended because of what it did, or did not do."""

    session: int
    reason: str


class Stop(Struct, frozen=True):
    """End the process, then the owner."""


Note = Delivery | Building | Built | Unbuilt | Said | Send | Kill | Settled | Stop
