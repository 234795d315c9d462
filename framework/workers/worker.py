"""The owner of one integration: builds, starts, feeds, watches and buries its process.

Its one wait is a selector over its inbox, the child's pidfd and, while bytes are pending, the
child's stdin. No other thread may start or end the process: it dies with the thread that
started it.
"""

import logging
import selectors
import threading
from collections.abc import Callable

from msgspec import Struct, structs

from framework.environments import Environment
from framework.errors import FrameworkError, ProcessGoneError, StoppedError
from framework.events import Delivery
from framework.process import sweep
from framework.protocol.messages import Ready
from framework.workers import lifecycle
from framework.workers.deliveries import Deliveries
from framework.workers.inbox import Inbox
from framework.workers.lanes import Lane, Ledger, Settled, Work
from framework.workers.launch import Launch
from framework.workers.lifecycle import Situation, State
from framework.workers.notes import Kill, Note, Said, Send, Stop, Unbuilt
from framework.workers.session import EX_CONFIG, Session
from framework.workers.timers import Timers

STOP_GRACE = 10.0  # seconds to finish or give back when the supervisor stops
LONGEST_WAIT = 60.0  # seconds; a guard only: everything that matters wakes the selector

Build = Callable[[threading.Event, Callable[[str], None]], Environment]


class WorkerStatus(Struct, frozen=True, rename="camel"):
    """One integration as operators see it; `environment` is its environment's key."""

    identifier: str
    type: str
    state: State = State.PENDING
    reason: str | None = None
    pid: int | None = None
    restarts: int = 0
    environment: str | None = None


class Worker(threading.Thread):
    """`build` makes the environment; `work` is what the `resync` lane does with an attempt.

    `stopping` is set by `stop()` and makes both of them end early.
    """

    def __init__(
        self, launch: Launch, build: Build, work: Work, ledger: Ledger, stopping: threading.Event
    ):
        super().__init__(name=f"owner/{launch.identifier}", daemon=True)
        self._launch = launch
        self._build = build
        self._stopping = stopping
        self._log = logging.getLogger(f"integration.{launch.identifier}")
        self._inbox: Inbox[Note] = Inbox()
        self._lane = Lane(f"resync/{launch.identifier}", work, ledger, self._inbox.put, self._log)
        self._selector = selectors.DefaultSelector()
        self._timers = Timers()
        self._deliveries = Deliveries(self._lane, self._timers, self._log, self._inbox.put)
        self._situation = Situation()
        self._session: Session | None = None
        self._building: threading.Thread | None = None
        self._starts = 0
        self.status = WorkerStatus(launch.identifier, launch.type)

    def deliver(self, delivery: Delivery) -> None:
        """Hand a recorded delivery over; from any thread."""
        self._inbox.put(delivery)

    def stop(self) -> None:
        """End the process (shutdown, SIGTERM, SIGKILL), then this thread; from any thread."""
        self._stopping.set()
        self._inbox.put(Stop())

    def run(self) -> None:
        """Own the process until stopped and buried."""
        self._selector.register(self._inbox, selectors.EVENT_READ, self._read_inbox)
        self._lane.start()
        self._prepare()
        while not self._over():
            self._wait()
            self._timers.run_due()
            if self._session and self._situation.state is State.READY:
                self._deliveries.dispatch(self._session)
        self._enter(State.STOPPED)
        self._lane.close()
        self._selector.close()

    def _over(self) -> bool:
        return self._stopping.is_set() and not (
            self._session or self._deliveries.busy or self._building
        )

    def _wait(self) -> None:
        self._watch_stdin()
        for key, _ in self._selector.select(self._timers.wait(LONGEST_WAIT)):
            key.data()

    def _watch_stdin(self) -> None:
        session = self._session
        if session is None:
            return
        watched = session.stdin in self._selector.get_map()
        if session.writing and not watched:
            self._selector.register(session.stdin, selectors.EVENT_WRITE, session.flush)
        elif watched and not session.writing:
            self._selector.unregister(session.stdin)

    def _read_inbox(self) -> None:
        for note in self._inbox.drain():
            self._take(note)

    def _take(self, note: Note) -> None:
        match note:
            case Delivery():
                self._deliveries.add(note)
            case Settled():
                self._deliveries.settled(note, self._session)
            case Stop():
                self._shut_down()
            case Environment() | Unbuilt():
                self._prepared(note)
            case Said() | Send() | Kill():
                self._about_session(note)

    def _about_session(self, note: Said | Send | Kill) -> None:
        session = self._session
        if session is None or note.session != session.number:
            return  # about an earlier process
        match note:
            case Said(_, message):
                session.hear(message)
                if isinstance(message, Ready) and self._situation.state is State.STARTING:
                    self._enter(State.READY)
            case Send(_, message):
                session.send(message)
            case Kill(_, reason):
                session.kill(reason)

    # --- from nothing to a process

    def _prepare(self) -> None:
        if self._stopping.is_set():
            return
        self._enter(State.BUILDING)
        name = f"build/{self._launch.identifier}"
        self._building = threading.Thread(target=self._prepare_environment, name=name, daemon=True)
        self._building.start()

    def _prepare_environment(self) -> None:
        try:
            environment = self._build(self._stopping, lambda line: self._log.info("%s", line))
        except FrameworkError as error:
            self._inbox.put(Unbuilt(str(error)))
        except Exception as error:  # noqa: BLE001 - an owner waiting for ever would be a lie in the status
            self._log.exception("the build failed unexpectedly")
            self._inbox.put(Unbuilt(f"unexpected: {error!r}"))
        else:
            self._inbox.put(environment)

    def _prepared(self, note: Environment | Unbuilt) -> None:
        self._building = None
        match note:
            case Environment():
                self._start(note)
            case Unbuilt(reason):
                self._failed(reason)

    def _start(self, environment: Environment) -> None:
        if self._stopping.is_set():
            return
        self.status = structs.replace(self.status, environment=environment.key)
        try:
            child = self._launch.start(environment)
        except OSError as error:
            self._failed(f"the process could not be started: {error}")
            return
        self._starts += 1
        start = (self._starts, child)
        self._session = Session(start, self._launch, self._timers, self._log, self._inbox.put)
        self._selector.register(child.pidfd, selectors.EVENT_READ, self._bury)
        self._enter(State.STARTING)
        self._session.open()

    # --- the end

    def _shut_down(self) -> None:
        if self._situation.state is State.STOPPING:
            return
        self._enter(State.STOPPING)
        self._timers.clear("start")
        if self._session:
            self._session.end_attempts(StoppedError("the supervisor stops"))
            self._session.shut_down(STOP_GRACE)

    def _bury(self) -> None:
        session = self._session
        assert session is not None
        self._selector.unregister(session.child.pidfd)
        if session.stdin in self._selector.get_map():
            self._selector.unregister(session.stdin)
        status, reason = session.bury()
        self._session = None
        if swept := sweep(self._launch.marker):
            self._log.warning("%d processes that it left behind were killed", swept)
        session.end_attempts(ProcessGoneError(f"its process ended: {reason}"))
        if status == EX_CONFIG:
            self._become(lifecycle.blocked(self._situation, reason, self._timers.clock()))
            return
        self._failed(reason)

    def _failed(self, reason: str) -> None:
        if self._stopping.is_set():
            return
        now = self._timers.clock()
        situation = lifecycle.failed(self._situation, reason, now)
        wait = (situation.retry_at or now) - now
        self._log.error("%s; the next start is in %.0f s", reason, wait)
        self._timers.set("start", wait, self._prepare)
        self._become(situation)

    def _enter(self, state: State) -> None:
        self._become(lifecycle.entered(self._situation, state, self._timers.clock()))

    def _become(self, situation: Situation) -> None:
        self._situation = situation
        self._log.info("%s%s", situation.state, f": {situation.reason}" if situation.reason else "")
        self.status = structs.replace(
            self.status,
            state=situation.state,
            reason=situation.reason,
            pid=self._session.child.pid if self._session else None,
            restarts=max(0, self._starts - 1),
        )
