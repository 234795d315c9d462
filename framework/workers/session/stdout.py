"""What a process writes to stdout: pages go to their lane, the rest to the owner or the log."""

import logging
import time
from collections.abc import Callable

import msgspec
from msgspec import Raw, structs

from framework.errors import ProtocolError
from framework.masking import Hide, visible
from framework.protocol.framing import Broken, Decoder, Lines, Stray, Unknown
from framework.protocol.messages import (
    MAX_FRAME_UP,
    MAX_ITEMS,
    MAX_MESSAGE_UP,
    Bye,
    Done,
    Failure,
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
from framework.texts import cut, cut_front
from framework.workers.attempt import Attempt
from framework.workers.notes import ToOwner
from framework.workers.session import said
from framework.workers.session.pipes import Budget

STRAY_LIMIT = 100  # lines a minute that are no messages
STRAY_SHOWN = 1000  # characters of one
MESSAGE_RATE = 200  # messages a second that are no pages
STACKS_SHOWN = 256 * 1024  # characters
LEVELS = logging.getLevelNamesMapping()

# Of a long array msgspec reads every item before it counts them: 8 MiB of `{}` would take 200 MB.
# A struct read from an array has a place for each item that is allowed, and ends behind the last.
ITEMS = [(f"item{number}", Raw, None) for number in range(MAX_ITEMS)]
ARRAY = msgspec.defstruct("Items", ITEMS, array_like=True, forbid_unknown_fields=True)
LONG_PAGE = msgspec.json.Decoder(msgspec.defstruct("LongPage", [("items", ARRAY, None)]))


class Reader:
    """Decodes, counts and hands on; never waits, never raises.

    `pong_at` is when the process answered a ping last, `last_words` is why it ends: its `bye`, or
    the rule that it broke, whichever came first. Both may be read from any thread.
    """

    def __init__(
        self,
        log: logging.Logger,
        attempts: dict[str, Attempt],
        to_owner: Callable[[ToOwner], None],
        violated: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        hide: Hide = visible,
    ):
        self.pong_at = float("-inf")
        self.last_words: str | None = None
        self._hide = hide
        self._log = log
        self._attempts = attempts
        self._to_owner = to_owner
        self._violated = violated
        self._clock = clock
        self._lines = Lines(MAX_FRAME_UP)
        self._decoder: Decoder[Up] = Decoder(Up, bounded)
        self._strays = Budget(STRAY_LIMIT, seconds=60)
        self._budget = Budget(MESSAGE_RATE)
        self._stacks = Budget(1)  # an answer is awaited at most every few seconds
        self._steps: set[type] = set()  # of the handshake
        self._over = False

    def feed(self, chunk: bytes) -> None:
        """Take a chunk of stdout apart; after a violation of the protocol, drop it.

        A `kindDone` or `done` behind a lost page would allow a deletion.
        """
        for line in () if self._over else self._lines.feed(chunk):
            try:
                size = len(line) if isinstance(line, bytes) else 0
                self._take(said.masked(self._decoder.decode(line), self._hide), size)
            except (ProtocolError, RecursionError) as error:  # deep `fields` cannot be printed
                self._over = True
                self._end(f"protocol error: {error}")
                self._violated(f"protocol error: {error}")
                return

    def _take(self, message: Up | Stray | Unknown | Broken, size: int) -> None:  # noqa: C901, PLR0912 - one case for each sort
        match message:
            case Page() | KindDone() | Done():
                self._deliver(message, size)
            case Progress():
                if self._allowed():
                    self._deliver(message, size)
            case Pong():
                self.pong_at = self._clock()
            case IntegrationHello() | Ready():
                self._step(message)
            case StacksAnswer(n=n, text=text):
                if self._stacks.allows(self._clock()):
                    self._to_owner(StacksAnswer(n, cut(text, STACKS_SHOWN)))
            case Bye(reason=reason):
                self._end(cut(reason))
            case Log():
                if self._allowed():
                    self._write(message)
            case Unknown(type):
                if self._allowed():
                    self._log.debug("ignored: a message of unknown type %r", type)
            case Stray(text):
                self._stray(text)
            case Broken(reason, delivery):
                attempt = self._attempts.get(delivery or "")
                if attempt is None:
                    raise ProtocolError(f"a broken frame: {cut(reason)}")
                attempt.fail(f"a broken frame: {cut(reason)}")

    def _deliver(self, message: Page | KindDone | Progress | Done, size: int) -> None:
        if attempt := self._attempts.get(message.delivery):
            attempt.arrived(shortened(message), size)
        else:
            self._log.debug("dropped: %s for no current attempt", type(message).__name__)

    def _stray(self, text: str) -> None:
        if not self._strays.allows(self._clock()):
            rate = f"more than {STRAY_LIMIT} lines a minute"
            raise ProtocolError(f"{rate} on stdout are no messages")
        self._log.warning("stray output: %s", cut(text, STRAY_SHOWN))

    def _step(self, message: IntegrationHello | Ready) -> None:
        if type(message) in self._steps:
            raise ProtocolError(f"a second {type(message).__name__} came")
        self._steps.add(type(message))
        self._to_owner(message)

    def _end(self, reason: str) -> None:
        self.last_words = self.last_words or reason

    def _allowed(self) -> bool:
        if not self._budget.allows(self._clock()):
            return False
        if dropped := self._budget.take_dropped():
            self._log.warning("%d messages dropped: more than %d a second", dropped, MESSAGE_RATE)
        return True

    def _write(self, message: Log) -> None:
        if message.dropped:
            self._log.warning("%d log lines dropped by the integration", message.dropped)
        level = LEVELS[message.level.upper()]
        fields = "".join(f" {name}={value}" for name, value in message.fields.items())
        fields = said.hidden(fields, self._hide)
        self._log.log(level, "%s%s", cut(message.message), cut(fields))


def bounded(tag: str, line: bytes) -> None:
    """Raise ValidationError for a long line that is no page, or one of too many items."""
    if len(line) <= MAX_MESSAGE_UP:
        return
    if tag != "page":
        raise msgspec.ValidationError(f"{len(line)} bytes; only a page may have over 1 MiB")
    LONG_PAGE.decode(line)


def shortened(
    message: Page | KindDone | Progress | Done,
) -> Page | KindDone | Progress | Done:
    """Return the message with its texts cut."""
    match message:
        case KindDone(error=str(error)):
            return structs.replace(message, error=cut(error))
        case Done(error=Failure() as error):
            said, trace = cut(error.message), cut_front(error.traceback)
            return structs.replace(
                message, error=structs.replace(error, message=said, traceback=trace)
            )
        case _:
            return message
