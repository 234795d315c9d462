"""What can lie in an owner's inbox; `session` is the number of the start that it belongs to."""

from concurrent.futures import Future

from msgspec import Struct

from framework.environments import Environment
from framework.events import Delivery
from framework.protocol.messages import IntegrationHello, Message, Ready, StacksAnswer
from framework.workers.attempt import Settled
from framework.workers.states import Asked, Building, Unbuilt, Unwanted

ToOwner = IntegrationHello | Ready | StacksAnswer


class Built(Struct, frozen=True):
    """The environment for the inputs with this fingerprint."""

    environment: Environment
    fingerprint: str


class Said(Struct, frozen=True):
    """A process sent a message to its owner."""

    session: int
    message: ToOwner


class Send(Struct, frozen=True):
    """A lane has a message for a process."""

    session: int
    message: Message


class Kill(Struct, frozen=True):
    """A process broke the protocol: kill it now."""

    session: int
    reason: str


class Hung(Struct, frozen=True):
    """A process did not answer: end it step by step."""

    session: int
    reason: str


class Worn(Struct, frozen=True):
    """The process `pid` is over its soft memory limit: replace it after its delivery."""

    pid: int
    reason: str


class Overgrown(Struct, frozen=True):
    """The process `pid` is over its memory limit: kill it now."""

    pid: int
    reason: str


class Granted(Struct, frozen=True):
    """It is the integration's turn to start its process."""


class Restart(Struct, frozen=True):
    """An operator wants another process, whatever state this one is in."""


class Explain(Struct):
    """Find out what every thread of the process is doing."""

    answer: Future[str]


class Stop(Struct, frozen=True):
    """End the process, then the owner."""


Note = (
    Asked
    | Restart
    | Explain
    | Stop
    | Said
    | Send
    | Kill
    | Hung
    | Worn
    | Overgrown
    | Granted
    | Delivery
    | Settled
    | Building
    | Built
    | Unbuilt
    | Unwanted
)
