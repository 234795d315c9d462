"""The pool of mappers: pages wait in one queue, each mapper's owner takes the next.

A lane waits for its page's answer before it has another, so there is never more than one page of a
lane in the queue, and first come, first served *is* a turn for each.
"""

import logging
import threading
from queue import Empty, SimpleQueue

import msgspec
from msgspec import Raw, Struct

from framework.errors import FrameworkError, MappingError, ProcessGoneError, StoppedError
from framework.mapping.budget import Limits
from framework.mapping.contract import Failed, Translate, Translated
from framework.mapping.mapper_process import Mapper
from framework.mapping.program import Program

TRIES = 2  # a mapper may be killed by somebody else; a page that kills two is to blame
LOOK_SECONDS = 0.1  # how long a stop may go unnoticed by who waits for an answer
CLOSE_SECONDS = 10.0

log = logging.getLogger(__name__)


class Job(Struct, frozen=True):
    """A page on its way; `stop` is set once nobody waits for the answer any more."""

    line: bytes
    answer: SimpleQueue[Translated | FrameworkError]
    stop: threading.Event


class Mappers:
    """As many mappers as `count` says, each started when its first page comes."""

    def __init__(self, count: int, instance: str, limits: Limits | None = None):
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._closing = threading.Event()
        self._owners = [
            Owner(self._jobs, self._closing, instance, limits or Limits()) for _ in range(count)
        ]

    def start(self) -> None:
        """Start the owners."""
        for owner in self._owners:
            owner.start()

    def close(self) -> None:
        """End every mapper, started or not; whoever waits for an answer gets StoppedError."""
        self._closing.set()
        for _ in self._owners:
            self._jobs.put(None)
        for owner in self._owners:
            if owner.is_alive():
                owner.join(CLOSE_SECONDS)

    def translate(self, program: Program, items: list[Raw], stop: threading.Event) -> Translated:
        """Return what became of a page.

        Raises MappingError where that is nothing (an unsupported program, a page over its budget,
        rows that differ from the items) and StoppedError on a stop.
        """
        if program.unsupported is not None:
            raise MappingError(program.unsupported)
        job = Job(_line(program, items), SimpleQueue(), stop)
        self._jobs.put(job)
        while not (stop.is_set() or self._closing.is_set()):
            try:
                outcome = job.answer.get(timeout=LOOK_SECONDS)
            except Empty:
                continue
            if isinstance(outcome, FrameworkError):
                raise outcome
            return outcome
        raise StoppedError("stopped while a page waited to be translated")


class Owner(threading.Thread):
    """Own one mapper at a time, from its start to its burial."""

    def __init__(
        self,
        jobs: SimpleQueue[Job | None],
        closing: threading.Event,
        instance: str,
        limits: Limits,
    ):
        super().__init__(name="mapper", daemon=True)
        self._jobs = jobs
        self._closing = closing
        self._instance = instance
        self._limits = limits
        self._mapper: Mapper | None = None

    def run(self) -> None:
        """Serve pages until the pool closes."""
        for job in iter(self._jobs.get, None):
            if not (job.stop.is_set() or self._closing.is_set()):
                job.answer.put(self._certain(job))
        self._bury()

    def _certain(self, job: Job) -> Translated | FrameworkError:
        try:
            return self._outcome(job)
        except Exception as error:  # whoever waits must hear of it
            log.exception("a page was not translated")
            self._bury()  # it may be in the middle of that page
            return MappingError(f"a page was not translated: {error!r}; please report this")

    def _outcome(self, job: Job) -> Translated | FrameworkError:
        error: FrameworkError
        for _ in range(TRIES):
            try:
                answer = self._ready().ask(job.line, self._closing)
            except ProcessGoneError as gone:
                log.warning("%s", gone)
                self._bury()
                error = gone
            except FrameworkError as refusal:
                self._bury()
                return refusal
            else:
                return MappingError(answer.reason) if isinstance(answer, Failed) else answer
        return MappingError(
            f"{error}; {TRIES} mappers died of one page: look in the mapping for an expression "
            "that needs more than 1 GiB"
        )

    def _ready(self) -> Mapper:
        if self._mapper is not None and not self._mapper.alive():
            log.warning("a mapper died while it had nothing to do; another is started")
            self._bury()
        if self._mapper is None:
            self._mapper = self._new()
        return self._mapper

    def _new(self) -> Mapper:
        try:
            return Mapper(self._instance, self._limits)
        except OSError as error:
            raise MappingError(
                f"a mapper cannot be started: {error}; look for a limit on processes or files"
            ) from error

    def _bury(self) -> None:
        if self._mapper is not None:
            self._mapper.bury()
            self._mapper = None


def _line(program: Program, items: list[Raw]) -> bytes:
    page = Translate(Raw(msgspec.json.encode(program)), items)
    return msgspec.json.encode(page) + b"\n"
