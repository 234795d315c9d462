"""What can lie in an owner's inbox; `session` is the number of the start it belongs to."""

from msgspec import Struct

from framework.environments import Environment
from framework.events import Delivery
from framework.protocol.messages import Message
from framework.workers.lanes import Settled
from framework.workers.reader import ToOwner


class Unbuilt(Struct, frozen=True):
    """The environment could not be built."""

    reason: str


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


Note = Delivery | Environment | Unbuilt | Said | Send | Kill | Settled | Stop
