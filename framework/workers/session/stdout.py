"""What a process writes to stdout: pages go to their lane, the rest to the owner or the log."""

import logging
import time
from collections.abc import Callable

from framework.errors import ProtocolError
from framework.protocol.framing import Broken, Decoder, Lines, Stray, Unknown
from framework.protocol.messages import (
    MAX_FRAME_UP,
    Bye,
    Done,
    IntegrationHello,
    KindDone,
    Log,
    Page,
    Pong,
    Progress,
    Ready,
    StacksAnswer,
    Up,
)
from framework.workers.attempt import Attempt
from framework.workers.notes import ToOwner
from framework.workers.session.pipes import Budget

STRAY_LIMIT = 100  # lines a minute that are no messages
MESSAGE_RATE = 200  # messages a second that are no pages
LEVELS = logging.getLevelNamesMapping()


class Reader:
    """Decodes, counts and hands on; never waits, never raises."""

    def __init__(
        self,
        log: logging.Logger,
        attempts: dict[str, Attempt],
        to_owner: Callable[[ToOwner], None],
        violated: Callable[[str], None],
    ):
        self._log = log
        self._attempts = attempts
        self._to_owner = to_owner
        self._violated = violated
        self._lines = Lines(MAX_FRAME_UP)
        self._decoder: Decoder[Up] = Decoder(Up)
        self._strays = Budget(STRAY_LIMIT, seconds=60)
        self._signs = Budget(
            MESSAGE_RATE
        )  # of life: a flood of other messages must not hide a pong
        self._budget = Budget(MESSAGE_RATE)
        self._over = False

    def feed(self, chunk: bytes) -> None:
        """Take a chunk of stdout apart; after a violation of the protocol, drop it.

        A `kindDone` or `done` behind a lost page would allow a deletion.
        """
        for line in () if self._over else self._lines.feed(chunk):
            try:
                self._take(self._decoder.decode(line))
            except (ProtocolError, RecursionError) as error:  # deep `fields` cannot be printed
                self._over = True
                self._violated(str(error))
                return

    def _take(self, message: Up | Stray | Unknown | Broken) -> None:  # noqa: C901, PLR0912 - one case for each sort
        match message:
            case Page() | KindDone() | Done():
                self._deliver(message)
            case Progress():
                if self._allowed():
                    self._deliver(message)
            case IntegrationHello() | Ready() | Pong() | StacksAnswer() | Bye():
                if self._signs.allows(time.monotonic()):
                    self._to_owner(message)
            case Log():
                if self._allowed():
                    self._write(message)
            case Unknown(type):
                if self._allowed():
                    self._log.debug("ignored: a message of unknown type %r", type)
            case Stray(text):
                if not self._strays.allows(time.monotonic()):
                    rate = f"more than {STRAY_LIMIT} lines a minute"
                    raise ProtocolError(f"{rate} on stdout are no messages")
                self._log.warning("stray output: %s", text[:1000])
            case Broken(reason, delivery):
                attempt = self._attempts.get(delivery or "")
                if attempt is None:
                    raise ProtocolError(f"a broken frame: {reason}")
                attempt.fail(f"a broken frame: {reason}")

    def _deliver(self, message: Page | KindDone | Progress | Done) -> None:
        if attempt := self._attempts.get(message.delivery):
            attempt.arrived(message)
        else:
            self._log.debug("dropped: %s for no current attempt", type(message).__name__)

    def _allowed(self) -> bool:
        if not self._budget.allows(time.monotonic()):
            return False
        if dropped := self._budget.take_dropped():
            self._log.warning("%d messages dropped: more than %d a second", dropped, MESSAGE_RATE)
        return True

    def _write(self, message: Log) -> None:
        if message.dropped:
            self._log.warning("%d log lines dropped by the integration", message.dropped)
        level = LEVELS[message.level.upper()]
        fields = "".join(f" {name}={value}" for name, value in message.fields.items())
        self._log.log(level, "%s%s", message.message, fields)
