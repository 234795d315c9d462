"""The owner of one integration: builds, starts, feeds, watches and buries its process.

Its one wait is a selector over its inbox, the child's pidfd and, while bytes are pending, the
child's stdin. No other thread may start or end the process: it dies with the thread that
started it.
"""

import threading

from msgspec import Struct, structs

from framework.events import Delivery
from framework.workers import changes
from framework.workers.builder import Builder, Supply
from framework.workers.changes import Changes
from framework.workers.deliveries import Deliveries
from framework.workers.desk import Desk
from framework.workers.lanes import Lane, Ledger, Settled, Work
from framework.workers.launch import Launch
from framework.workers.life import Life
from framework.workers.lifecycle import State
from framework.workers.notes import Building, Built, Kill, Note, Said, Send, Stop, Unbuilt

BUILD_STOP_SECONDS = 10.0  # for a build to end its programs


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
    """`supply` makes the environments; `work` is what the `resync` lane does with an attempt.

    `stopping` is set by `stop()` and makes both of them end early.
    """

    def __init__(
        self, launch: Launch, supply: Supply, work: Work, ledger: Ledger, stopping: threading.Event
    ):
        super().__init__(name=f"owner/{launch.identifier}", daemon=True)
        self._supply = supply
        self._desk = desk = Desk(launch.identifier, stopping)
        put = desk.inbox.put
        self._lane = Lane(f"resync/{launch.identifier}", work, ledger, put, desk.log)
        self._deliveries = Deliveries(self._lane, desk.timers, desk.log, put)
        self._builder = Builder(supply, put, stopping, desk.log)
        noted = changes.noted(supply.file, desk.log)
        self._changes = Changes(noted, self._builder.note, desk.log)
        self._life = Life(launch, desk, self._changes, self._builder.ask, self._report)
        self.status = WorkerStatus(launch.identifier, launch.type)

    def deliver(self, delivery: Delivery) -> None:
        """Hand a recorded delivery over; from any thread."""
        self._desk.inbox.put(delivery)

    def stop(self) -> None:
        """End the process (shutdown, SIGTERM, SIGKILL), then this thread; from any thread."""
        self._desk.stopping.set()
        self._desk.inbox.put(Stop())

    def run(self) -> None:
        """Own the process until stopped and buried."""
        self._lane.start()
        self._begin()
        while not self._over():
            self._life.process.watch()
            for note in self._desk.wait():
                self._take(note)
            self._desk.timers.run_due()
            self._dispatch()
        self._builder.close()
        self._builder.join(BUILD_STOP_SECONDS)
        self._life.enter(State.STOPPED)
        self._lane.close()
        self._desk.selector.close()

    def _begin(self) -> None:
        refused = self._changes.refused
        if refused is not None:
            self._builder.pass_over(refused)
            self._life.start_again()
        else:
            self._builder.ask()
        self._builder.start()

    def _over(self) -> bool:
        stopping = self._desk.stopping.is_set()
        return stopping and not (self._life.session or self._deliveries.busy)

    def _dispatch(self) -> None:
        session = self._life.session
        if session and self._life.ready and not self._changes.next:
            self._deliveries.dispatch(session)

    def _take(self, note: Note) -> None:
        match note:
            case Delivery():
                self._deliveries.add(note)
            case Settled():
                self._deliveries.settled(note, self._life.session)
                self._make_way()
            case Stop():
                self._life.shut_down()
            case Building() | Built() | Unbuilt():
                self._about_environment(note)
            case Said() | Send() | Kill():
                self._life.take(note)

    # --- environments

    def _about_environment(self, note: Building | Built | Unbuilt) -> None:
        if self._desk.stopping.is_set():
            return
        match note:
            case Building():
                self._building()
            case Built():
                self._built(note)
            case Unbuilt():
                self._unbuilt(note)
        self._life.remark()

    def _building(self) -> None:
        self._changes.building()
        if self._life.idle:
            self._life.enter(State.BUILDING)

    def _built(self, note: Built) -> None:
        self._changes.built(note)
        if self._life.session:
            self._make_way()
        else:
            self._life.proceed()

    def _make_way(self) -> None:
        """Let the process end for the next environment, once it is through with its delivery."""
        if not self._changes.next:
            self._desk.timers.clear("way")
        elif not (self._deliveries.busy and self._life.ready):
            self._life.make_way()
        elif "way" not in self._desk.timers:
            self._desk.timers.set("way", self._supply.finish, self._insist)

    def _insist(self) -> None:
        if self._changes.next:  # it may have taken over since
            self._life.make_way()

    def _unbuilt(self, note: Unbuilt) -> None:
        self._changes.unbuilt(note.reason)
        again = "once its inputs change" if note.wait is None else f"in {note.wait:.0f} s"
        self._desk.log.error("%s; the next build is %s", note.reason, again)
        if not self._life.idle:
            return
        if environment := self._changes.refuge():
            self._life.start(environment)
        elif note.wait is None:
            self._life.block(note.reason)
        else:
            self._life.wait(note.reason, note.wait)

    def _report(self) -> None:
        life = self._life
        self.status = structs.replace(
            self.status,
            state=life.situation.state,
            reason=life.situation.reason,
            pid=life.process.pid,
            restarts=max(0, life.process.starts - 1),
            environment=life.environment,
        )
