"""What comes out of a process's stdout, sorted: pages to their lane, the rest to the owner."""

import logging
import time
from collections.abc import Callable

from framework.errors import ProtocolError
from framework.protocol.framing import Broken, Decoder, Lines, Stray, Unknown
from framework.protocol.messages import (
    MAX_FRAME_UP,
    Done,
    KindDone,
    Log,
    Page,
    Progress,
    Up,
)
from framework.workers.attempt import Attempt
from framework.workers.notes import ToOwner
from framework.workers.session.pipes import Budget

STRAY_LIMIT = 100  # lines a minute that are no messages
MESSAGE_RATE = 200  # messages a second that are no pages
LEVELS = logging.getLevelNamesMapping()


class Reader:
    """Decode, count and hand on; never wait, never raise."""

    def __init__(
        self,
        log: logging.Logger,
        attempts: dict[str, Attempt],
        tell: Callable[[ToOwner], None],
        violated: Callable[[str], None],
    ):
        self._log = log
        self._attempts = attempts
        self._tell = tell
        self._violated = violated
        self._lines = Lines(MAX_FRAME_UP)
        self._decoder: Decoder[Up] = Decoder(Up)
        self._strays = Budget(STRAY_LIMIT, seconds=60)
        self._signs = Budget(MESSAGE_RATE)  # of life: a flood of others must not hide a pong
        self._budget = Budget(MESSAGE_RATE)
        self._told = 0
        self._over = False

    def feed(self, chunk: bytes) -> None:
        """Take a chunk of stdout apart; after a violation drop it.

        A `kindDone` or `done` behind a lost page would license a deletion.
        """
        for line in () if self._over else self._lines.feed(chunk):
            try:
                self._sort(self._decoder.decode(line))
            except (ProtocolError, RecursionError) as error:  # deep `fields` cannot be printed
                self._over = True
                self._violated(str(error))
                return

    def _sort(self, message: Up | Stray | Unknown | Broken) -> None:
        match message:
            case Page() | KindDone() | Progress() | Done():
                self._work(message)
            case Stray(text):
                self._stray(text)
            case Broken(reason, delivery):
                self._broken(reason, delivery)
            case _:
                self._other(message)

    def _work(self, message: Page | KindDone | Progress | Done) -> None:
        if isinstance(message, Progress) and not self._allowed():
            return
        attempt = self._attempts.get(message.delivery)
        if attempt is None:
            self._log.debug("dropped: %s for no current attempt", type(message).__name__)
            return
        attempt.arrived(message)

    def _other(self, message: ToOwner | Log | Unknown) -> None:
        if isinstance(message, ToOwner):
            if self._signs.allows(time.monotonic()):
                self._tell(message)
            return
        if not self._allowed():
            return
        match message:
            case Log():
                self._write(message)
            case Unknown(type):
                self._log.debug("ignored: a message of unknown type %r", type)

    def _allowed(self) -> bool:
        if not self._budget.allows(time.monotonic()):
            return False
        if dropped := self._budget.dropped - self._told:
            self._log.warning("%d messages dropped: more than %d a second", dropped, MESSAGE_RATE)
            self._told = self._budget.dropped
        return True

    def _write(self, message: Log) -> None:
        if message.dropped:
            self._log.warning("%d log lines dropped by the integration", message.dropped)
        level = LEVELS[message.level.upper()]
        self._log.log(
            level,
            "%s%s",
            message.message,
            "".join(f" {name}={value}" for name, value in message.fields.items()),
        )

    def _stray(self, text: str) -> None:
        if not self._strays.allows(time.monotonic()):
            raise ProtocolError(f"more than {STRAY_LIMIT} lines a minute on stdout are no messages")
        self._log.warning("stray output: %s", text[:1000])

    def _broken(self, reason: str, delivery: str | None) -> None:
        attempt = self._attempts.get(delivery or "")
        if attempt is None:
            raise ProtocolError(f"a broken frame: {reason}")
        attempt.fail(f"a broken frame: {reason}")
