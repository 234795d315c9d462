"""The owner of one integration: builds, starts, feeds, watches and buries its process.

Its one wait is a selector over its inbox, the child's pidfd and, while bytes are pending, the
child's stdin. No other thread may start or end the process: it dies with the thread that
started it.
"""

import threading
from concurrent.futures import Future

from msgspec import structs

from framework import moments
from framework.errors import FrameworkError, ProcessGoneError
from framework.events import Delivery
from framework.journal import Desired, Transition
from framework.workers.attempt import Settled
from framework.workers.delivery.deliveries import Deliveries
from framework.workers.delivery.lane import Lane, Work
from framework.workers.environment import in_use
from framework.workers.environment.builder import Builder, Supply
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.handover import Handover
from framework.workers.life import Life
from framework.workers.loop import Loop, Shared
from framework.workers.notes import (
    AboutDelivery,
    AboutEnvironment,
    AboutStart,
    Built,
    Explain,
    FromOperator,
    Granted,
    Hung,
    Kill,
    Note,
    Overgrown,
    Restart,
    Said,
    Send,
    Stop,
    Worn,
)
from framework.workers.session.launch import Launch
from framework.workers.states import Asked, Building, Over, Renewed, Unbuilt
from framework.workers.status import WorkerStatus

BUILD_STOP_SECONDS = 10.0  # for a build to end its programs


class Worker(threading.Thread):
    """`supply` makes the environments; `work` is what the `resync` lane does with an attempt.

    `stopping` is set by `stop()` and makes both of them end early.
    """

    def __init__(
        self, launch: Launch, supply: Supply, work: Work, shared: Shared, stopping: threading.Event
    ):
        super().__init__(name=f"owner/{launch.identifier}", daemon=True)
        self.supply = supply
        self._loop = loop = Loop(launch.identifier, stopping, shared)
        put = loop.inbox.put
        self._lane = Lane(f"resync/{launch.identifier}", work, shared.ledger, put, loop.log)
        self._deliveries = Deliveries(self._lane, loop.timers, loop.log, put)
        self._builder = Builder(supply, put, stopping, loop.log)
        noted = in_use.noted(supply.file, loop.log)
        self._in_use = EnvironmentInUse(noted, self._builder.note, loop.log)
        self._life = Life(launch, loop, self._in_use, self._builder.ask, self._report)
        self._handover = Handover(
            self._life, self._in_use, self._deliveries, loop.timers, supply.finish
        )
        self.status = WorkerStatus(launch.identifier, launch.type)

    # --- from any thread

    def deliver(self, delivery: Delivery) -> None:
        """Hand a recorded delivery over."""
        self._loop.inbox.put(delivery)

    def desire(self, desired: Desired) -> None:
        """Have it run, pause or stop from now on."""
        self._loop.inbox.put(Asked(desired))

    def restart(self) -> None:
        """Have its process replaced."""
        self._loop.inbox.put(Restart())

    def look(self) -> None:
        """Have what its environment is built from looked at: it may have changed."""
        self._builder.look()

    def explain(self) -> Future[str]:
        """Return what will say what every thread of its process is doing, or raise."""
        answer = Future[str]()
        self._loop.inbox.put(Explain(answer))
        return answer

    def relieve(self, pid: int, reason: str) -> None:
        """Have this process replaced once it is through with its delivery."""
        self._loop.inbox.put(Worn(pid, reason))

    def replace(self, pid: int, reason: str) -> None:
        """Have this process killed, and replaced after a while."""
        self._loop.inbox.put(Overgrown(pid, reason))

    def stop(self) -> None:
        """End the process (shutdown, SIGTERM, SIGKILL), then this thread."""
        self._loop.stopping.set()
        self._loop.inbox.put(Stop())

    # --- the owner's own

    def run(self) -> None:
        """Own the process until stopped and buried."""
        try:
            self._own()
        except Exception as error:  # a status that goes on saying READY would be a lie
            self._loop.log.exception("its owner failed; `supervisor.py restart` makes another")
            self._broken(f"unexpected: {error!r}")
            if session := self._life.session:
                session.end_attempts(ProcessGoneError("its owner failed"))
        finally:
            self._loop.shared.start_gate.leave(self._loop.identifier)
            self._loop.stopping.set()
            self._builder.close()
            self._lane.close()
            self._loop.selector.close()

    def _broken(self, reason: str) -> None:
        before = self.status
        self.status = before.broken(reason)
        known = Transition(
            before.identifier, moments.now(), before.state, self.status.state, reason, before.pid
        )
        self._loop.shared.ledger.note(known)

    def _own(self) -> None:
        for note in self._loop.inbox.drain():
            self._take(note)  # how it is to begin
        self._begin()
        while not self._over():
            self._life.slot.watch()
            for note in self._loop.wait():
                self._take(note)
            self._loop.timers.run_due()
            self._dispatch()
        self._builder.close()
        self._builder.join(BUILD_STOP_SECONDS)
        self._life.happened(Over())

    def _begin(self) -> None:
        refused = self._in_use.refused
        if refused is not None:
            self._builder.pass_over(refused)
            self._life.start_again()
        else:
            self._builder.ask()
        self._builder.start()

    def _over(self) -> bool:
        stopping = self._loop.stopping.is_set()
        return stopping and not (self._life.session or self._deliveries.busy)

    def _dispatch(self) -> None:
        session = self._life.session
        if session and self._life.report.open and not self._handover.wanted:
            self._deliveries.dispatch(session)

    def _take(self, note: Note) -> None:
        match note:
            case Delivery() | Settled():
                self._about_delivery(note)
            case Granted() | Worn():
                self._about_start(note)
            case Building() | Built() | Unbuilt():
                self._about_environment(note)
            case Asked() | Restart() | Explain() | Stop():
                self._obey(note)
            case Said() | Send() | Kill() | Hung() | Overgrown():
                self._life.take(note)

    def _obey(self, note: FromOperator) -> None:
        match note:
            case Asked():
                self._life.ask(note)
            case Restart():
                self._life.restart()
            case Explain(answer):
                self._explain(answer)
            case Stop():
                self._life.shut_down()

    def _explain(self, answer: Future[str]) -> None:
        if session := self._life.session:
            session.explain(answer)
            return
        state = self._life.situation.state
        answer.set_exception(FrameworkError(f"it has no process: it is {state}"))

    def _about_delivery(self, note: AboutDelivery) -> None:
        if isinstance(note, Delivery):
            self._deliveries.add(note)
            return
        self._deliveries.settled(note, self._life.session)
        if not note.interrupted:
            self._life.judge(note.error or note.trouble)
        self._handover.make()

    def _about_start(self, note: AboutStart) -> None:
        match note:
            case Granted():
                self._life.granted()
            case Worn():
                self._handover.wear(note)

    # --- environments

    def _about_environment(self, note: AboutEnvironment) -> None:
        if self._loop.stopping.is_set():
            return
        match note:
            case Building():
                self._in_use.building()
                if self._life.idle:
                    self._life.happened(note)
            case Built():
                self._built(note)
            case Unbuilt():
                self._unbuilt(note)
        self._life.remark()

    def _built(self, note: Built) -> None:
        self._in_use.built(note)
        if self._life.session:
            self._handover.make()
        else:
            self._life.happened(Renewed())
            self._life.proceed()

    def _unbuilt(self, note: Unbuilt) -> None:
        self._in_use.unbuilt(note.reason)
        again = "once its inputs change" if note.wait is None else f"in {note.wait:.0f} s"
        self._loop.log.error("%s; the next build is %s", note.reason, again)
        self._life.unbuilt(note)

    def _report(self) -> None:
        self.status = reported(self._life, self.status)


def reported(life: Life, before: WorkerStatus) -> WorkerStatus:
    """Return the status of a life that went on."""
    situation, now = life.situation, life.report.now
    same = before.state is situation.state and before.since
    retry_at = situation.retry_at
    return structs.replace(
        before,
        state=situation.state,
        reason=situation.reason,
        pid=life.slot.pid,
        restarts=max(0, life.slot.starts - 1),
        environment=life.environment,
        desired=situation.desired,
        since=before.since if same else moments.now(situation.since - now),
        retry_at=None if retry_at is None else moments.now(retry_at - now),
    )
