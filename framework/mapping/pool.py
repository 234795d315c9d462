"""The pool of mappers: pages wait in one queue, and the owner of a free mapper takes the next.

A lane waits for its page's answer before it sends another, so there is never more than one page of
a lane in the queue, and first come, first served *is* round-robin.
"""

import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue

import msgspec
from msgspec import Raw, Struct

from framework.errors import (
    FrameworkError,
    MappingError,
    ProcessGoneError,
    StoppedError,
    TransientError,
)
from framework.mapping.contract import Failed, Program, Translate, Translated
from framework.mapping.mapper_process import Limits, Mapper

TRIES = 2  # a mapper may be killed by somebody else; a page that kills two is to blame
LOOK_SECONDS = 0.1  # how long a stop may go unnoticed while waiting for an answer
CLOSE_SECONDS = 10.0

log = logging.getLogger(__name__)


class QueuedPage(Struct, frozen=True):
    """A page on its way to a mapper; `stop` is set once nobody waits for the answer any more."""

    line: bytes
    answer: Future[Translated]
    stop: threading.Event


class Mappers:
    """As many mappers as `count` says, each started when its first page comes."""

    def __init__(self, count: int, instance: str, limits: Limits | None = None):
        self._pages: SimpleQueue[QueuedPage | None] = SimpleQueue()
        self._closing = threading.Event()
        self._owners = [
            MapperOwner(self._pages, self._closing, instance, limits or Limits())
            for _ in range(count)
        ]

    def start(self) -> None:
        """Start the owners."""
        for owner in self._owners:
            owner.start()

    def close(self) -> None:
        """End every mapper, started or not; whoever waits for an answer gets StoppedError."""
        self._closing.set()
        for _ in self._owners:
            self._pages.put(None)
        for owner in self._owners:
            if owner.is_alive():
                owner.join(CLOSE_SECONDS)

    def translate(self, program: Program, items: list[Raw], stop: threading.Event) -> Translated:
        """Return the entities of a page.

        Raises MappingError if it cannot be translated (an unsupported program, a page over its
        budget, rows that differ from the items), TransientError if this machine has no room for a
        mapper, StoppedError on a stop.
        """
        if program.unsupported is not None:
            raise MappingError(program.unsupported)
        message = Translate(Raw(msgspec.json.encode(program)), items)
        page = QueuedPage(msgspec.json.encode(message) + b"\n", Future(), stop)
        self._pages.put(page)
        while not (stop.is_set() or self._closing.is_set()):
            with suppress(TimeoutError):
                return page.answer.result(LOOK_SECONDS)
        raise StoppedError("stopped while a page waited to be translated")


class MapperOwner(threading.Thread):
    """Own one mapper at a time, from its start to its burial."""

    def __init__(
        self,
        pages: SimpleQueue[QueuedPage | None],
        closing: threading.Event,
        instance: str,
        limits: Limits,
    ):
        super().__init__(name="mapper", daemon=True)
        self._pages = pages
        self._closing = closing
        self._instance = instance
        self._limits = limits
        self._mapper: Mapper | None = None

    def run(self) -> None:
        """Serve pages until the pool closes."""
        for page in iter(self._pages.get, None):
            if page.stop.is_set() or self._closing.is_set():
                continue
            try:
                page.answer.set_result(self._translate(page.line))
            except FrameworkError as error:
                page.answer.set_exception(error)
            except OSError as error:
                page.answer.set_exception(
                    TransientError(
                        f"this machine cannot run a mapper: {error}; look at its limits on files "
                        "and processes"
                    )
                )
            except Exception as error:  # whoever waits must hear of it
                log.exception("a page was not translated")
                page.answer.set_exception(
                    MappingError(f"a page was not translated: {error!r}; please report this")
                )
        self._bury()

    def _translate(self, line: bytes) -> Translated:
        for _ in range(TRIES):
            try:
                answer = self._ready().ask(line, self._closing)
            except ProcessGoneError as error:
                log.warning("%s", error)
                self._bury()
                death = error
                continue
            except Exception:  # the mapper may be in the middle of the page
                self._bury()
                raise
            if isinstance(answer, Failed):
                raise MappingError(answer.reason)
            return answer
        raise MappingError(
            f"{death}; {TRIES} mappers died of one page: look in the mapping for an expression "
            "that needs more than 1 GiB"
        )

    def _ready(self) -> Mapper:
        """Return a mapper that is alive; raise OSError if none can be started."""
        if self._mapper is not None and not self._mapper.alive():
            log.warning("a mapper died while it had nothing to do; another is started")
            self._bury()
        if self._mapper is None:
            self._mapper = Mapper(self._instance, self._limits)
        return self._mapper

    def _bury(self) -> None:
        if self._mapper is not None:
            self._mapper.bury()
            self._mapper = None
