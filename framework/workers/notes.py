"""What can lie in an owner's inbox; `session` is the number of the start it belongs to."""

from concurrent.futures import Future

from msgspec import Struct

from framework.environments import Environment
from framework.events import Delivery
from framework.protocol.messages import (
    Bye,
    IntegrationHello,
    Message,
    Pong,
    Ready,
    StacksAnswer,
)
from framework.workers.attempt import Settled
from framework.workers.states import Asked, Building, Unbuilt

ToOwner = IntegrationHello | Ready | Pong | StacksAnswer | Bye


class Built(Struct, frozen=True):
    """The environment for the inputs with this fingerprint."""

    environment: Environment
    fingerprint: str


class Said(Struct, frozen=True):
    """What a process said to its owner."""

    session: int
    message: ToOwner


class Send(Struct, frozen=True):
    """A lane's message to a process."""

    session: int
    message: Message


class Kill(Struct, frozen=True):
    """A process must be ended at once because of what it did."""

    session: int
    reason: str


class Hung(Struct, frozen=True):
    """A process must be ended because of what it did not do."""

    session: int
    reason: str


class Worn(Struct, frozen=True):
    """The process `pid` has grown: it should be ended once it is through with its delivery."""

    pid: int
    reason: str


class Overgrown(Struct, frozen=True):
    """The process `pid` has grown too much: it must be ended at once."""

    pid: int
    reason: str


class Granted(Struct, frozen=True):
    """It is the integration's turn to start its process."""


class Restart(Struct, frozen=True):
    """Have another process, whatever has become of the one there is."""


class Explain(Struct):
    """Say what every thread of the process is doing."""

    answer: Future[str]


class Stop(Struct, frozen=True):
    """End the process, then the owner."""


AboutProcess = Said | Send | Kill | Hung | Overgrown
AboutDelivery = Delivery | Settled
AboutEnvironment = Building | Built | Unbuilt
FromOperator = Asked | Restart | Explain | Stop
AboutStart = Granted | Worn
Note = AboutDelivery | AboutStart | AboutProcess | AboutEnvironment | FromOperator
