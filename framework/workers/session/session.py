"""One process from its start to its burial: handshake, heartbeat, stop ladder.

Only its owner's thread calls it; nothing in it blocks.
"""

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future

from framework.errors import FrameworkError
from framework.process import Child
from framework.protocol import framing
from framework.protocol.messages import (
    HEARTBEAT_SECONDS,
    VERSION,
    IntegrationHello,
    Message,
    Ping,
    Ready,
    Shutdown,
    StacksAnswer,
)
from framework.workers.attempt import Attempt
from framework.workers.loop import Timers
from framework.workers.notes import Kill, Said, ToOwner
from framework.workers.session import exits
from framework.workers.session.exits import Exit
from framework.workers.session.launch import Launch
from framework.workers.session.pipes import Drain
from framework.workers.session.stacks import DUMP_SECONDS, Stacks
from framework.workers.session.stderr import ErrorLog
from framework.workers.session.stdout import Reader
from framework.workers.states import Cause

HELLO_SECONDS = 30.0  # imports on a cold, busy machine are slow
READY_SECONDS = 60.0
PONG_SECONDS = 30.0
TICK = 1.0  # s; pings of many owners at once cost half: what the first one needs is in the caches
TERM_SECONDS = 5.0  # between SIGTERM and SIGKILL
DRAIN_SECONDS = 1.0  # how long the readers may take for what a dead process left in its pipes
TIMERS = ("handshake", "ping", "pong", "ladder")


class Session:
    """The `number` of the start, its child, its attempts, the bytes that wait for its stdin."""

    def __init__(
        self,
        number: int,
        child: Child,
        launch: Launch,
        timers: Timers,
        log: logging.Logger,
        put: Callable[[Said | Kill], None],
    ):
        self.number = number
        self.child = child
        self.attempts: dict[str, Attempt] = {}
        self._launch = launch
        self._timers = timers
        self._log = log
        self._outgoing = bytearray()
        self._pings = 0
        self._ready_at = 0.0
        self._reason: str | None = None  # of its death, if we gave it one
        self._refused = False
        self._late = False  # it was not ready in time
        self._explains: bool | None = None  # whether it answers `stacks`; its `hello` says so
        self._errors = ErrorLog(log, launch.hide)
        self._stacks = Stacks(child, self._errors, timers, self.send)
        self._reader = Reader(
            log,
            self.attempts,
            to_owner=lambda message: put(Said(number, message)),
            violated=lambda reason: put(Kill(number, reason)),
            clock=timers.clock,
            hide=launch.hide,
        )
        self.stdin = child.stdin.fileno()  # the number outlives the pipe
        os.set_blocking(self.stdin, False)
        name = f"{launch.identifier}/{child.pid}"
        self._drains = (
            Drain(f"stdout/{name}", child.stdout.fileno(), self._reader.feed),
            Drain(f"stderr/{name}", child.stderr.fileno(), self._errors.feed, self._errors.close),
        )
        child.stdout.close()  # the drains have descriptors of their own
        child.stderr.close()

    def open(self) -> None:
        """Begin to read, and say hello."""
        for drain in self._drains:
            drain.start()
        self._expect(f"no `hello` within {HELLO_SECONDS:.0f} s of its start", HELLO_SECONDS)
        self.send(self._launch.hello(self.number))

    @property
    def writing(self) -> bool:
        """Tell whether bytes wait for room in the process's stdin."""
        return bool(self._outgoing)

    def send(self, message: Message) -> None:
        """Queue a message and write what the pipe takes."""
        self._outgoing += framing.encode(message)
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes."""
        if self.child.stdin.closed:
            self._outgoing.clear()
        try:
            while self._outgoing:
                written = os.write(self.stdin, self._outgoing)
                del self._outgoing[:written]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._outgoing.clear()  # it is dying; its pidfd will say so

    def hear(self, message: ToOwner) -> None:
        """Take the next step of the handshake, the heartbeat or the end."""
        match message:
            case IntegrationHello(protocol=protocol, capabilities=capabilities):
                self._explains = "stacks" in capabilities
                if protocol != VERSION:
                    self._refused = True
                    self.kill(f"it speaks protocol {protocol}, the supervisor speaks {VERSION}")
                    return
                self.send(self._launch.configure())
                late = f"no `ready` within {READY_SECONDS:.0f} s of its `hello`"
                self._expect(late, READY_SECONDS)
            case Ready():
                self._timers.clear("handshake")
                self._ready_at = self._timers.clock()
                self._ping()
            case StacksAnswer(text=text):
                self._stacks.answered(text)

    def explain(self, answer: Future[str]) -> None:
        """Find out what every thread of the process is doing."""
        if self._explains:
            self._stacks.ask(answer)
        else:
            why = "does not offer it" if self._explains is False else "has not said hello yet"
            answer.set_exception(FrameworkError(f"the process {why}"))

    def kill(self, reason: str) -> None:
        """Kill the whole group now; `reason` explains its death unless another came first."""
        self._blame(reason)
        self.child.kill()

    def give_up(self, reason: str) -> None:
        """End a process that hangs: log its stacks, then SIGTERM, then SIGKILL."""
        if "ladder" in self._timers:
            return  # it is ending already
        self._blame(reason)
        self._log.error("%s; the stacks of its threads follow", reason)
        if self._explains is not False:
            self._stacks.dump()
        self._timers.set("ladder", DUMP_SECONDS, self._insist)

    def shut_down(self, grace: float) -> None:
        """Ask, insist, kill: `shutdown`; after `grace` seconds SIGTERM; 5 s later SIGKILL."""
        self.send(Shutdown(grace))
        self._timers.set("ladder", grace, self._insist)

    def end_attempts(self, error: FrameworkError) -> None:
        """Let every lane that works with this process fail with this error."""
        for attempt in tuple(self.attempts.values()):
            attempt.end(error)

    def bury(self) -> Exit:
        """Kill what is left of the group and read the pipes empty; return how it ended."""
        self.child.kill()  # before reaping: until then nobody else can have the group's number
        status = self.child.reap()
        assert status is not None  # its pidfd said so
        self._timers.clear(*TIMERS)
        for drain in self._drains:
            drain.finish(DRAIN_SECONDS)
        self._stacks.end()
        self.child.close()
        return Exit(
            reason=self._reason
            or self._reader.last_words
            or exits.died(status, self._errors.last_line),
            cause=Cause.HOPELESS if self._refused else exits.cause(status),
            late=self._late,
            pid=self.child.pid,
            status=status,
            stderr=self._errors.tail,
        )

    def _insist(self) -> None:
        self._outgoing.clear()
        self.child.stdin.close()
        self.child.stop()
        self._timers.set("ladder", TERM_SECONDS, self.child.kill)

    def _blame(self, reason: str) -> None:
        self._reason = self._reason or self._reader.last_words or reason

    def _ping(self) -> None:
        self._pings += 1
        self.send(Ping(self._pings))
        self._timers.set("ping", HEARTBEAT_SECONDS - self._timers.clock() % TICK, self._ping)
        self._look_for_pong()

    def _look_for_pong(self) -> None:
        """Look when a pong is overdue; each ping sets that anew, so a pong itself wakes nobody."""
        last = max(self._ready_at, self._reader.pong_at)
        rest = last + PONG_SECONDS - self._timers.clock()
        if rest > 0:
            self._timers.set("pong", rest, self._look_for_pong)
        else:
            self.give_up(f"no `pong` for {PONG_SECONDS:.0f} s")

    def _expect(self, reason: str, seconds: float) -> None:
        def give_up() -> None:
            self._late = True
            self.give_up(reason)

        self._timers.set("handshake", seconds, give_up)
