"""The owner of one integration: builds, starts, feeds, watches and buries its process.

Its one wait is a selector over its inbox, the child's pidfd and, while bytes are pending, the
child's stdin. No other thread may start or end the process: it dies with the thread that
started it.
"""

import threading
from concurrent.futures import Future

from msgspec import structs

from framework import moments
from framework.errors import ProcessGoneError
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
    Built,
    Explain,
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
from framework.workers.session.slot import ProcessSlot
from framework.workers.states import Asked, Building, Over, Unbuilt, Unwanted
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
        timers, log, put = loop.timers, loop.log, loop.inbox.put
        self._slot = ProcessSlot(launch, loop)
        self._lane = Lane(f"resync/{launch.identifier}", work, shared.ledger, put, log)
        self._deliveries = Deliveries(self._lane, timers, log, put)
        self._builder = Builder(supply, put, log)
        noted = in_use.noted(supply.file, log)
        self._in_use = EnvironmentInUse(noted, self._builder.note, log)
        self._life = Life(loop, self._slot, self._in_use, self._builder, self._publish)
        self._handover = Handover(self._life, self._in_use, self._deliveries, timers, supply.finish)
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
        """Have the inputs of its environment checked for changes."""
        self._builder.look()

    def explain(self) -> Future[str]:
        """Return what will hold the stacks of all threads of its process, or an error."""
        answer = Future[str]()
        self._loop.inbox.put(Explain(answer))
        return answer

    def relieve(self, pid: int, reason: str) -> None:
        """Have this process replaced once it has finished its delivery."""
        self._loop.inbox.put(Worn(pid, reason))

    def replace(self, pid: int, reason: str) -> None:
        """Have this process killed, and replaced after a while."""
        self._loop.inbox.put(Overgrown(pid, reason))

    def stop(self) -> None:
        """End the process (shutdown, SIGTERM, SIGKILL), then this thread."""
        self._loop.stopping.set()
        self._loop.inbox.put(Stop())

    # --- from the owner's thread

    def run(self) -> None:
        """Own the process until stopped and buried."""
        try:
            self._own()
        except Exception as error:  # a status that goes on saying READY would be a lie
            self._loop.log.exception("its owner failed; `supervisor.py restart` makes another")
            before, reason = self.status, self._loop.hide(f"unexpected: {error!r}")
            after = self.status = before.broken(reason)
            known = Transition(
                before.identifier, moments.now(), before.state, after.state, reason, before.pid
            )
            self._loop.shared.ledger.note(known)
            if session := self._slot.session:
                session.end_attempts(ProcessGoneError("its owner failed"))
        finally:
            self._loop.shared.start_gate.leave(self._loop.identifier)
            self._loop.stopping.set()
            self._builder.close()
            self._lane.close()
            self._loop.selector.close()

    def _own(self) -> None:
        for note in self._loop.inbox.drain():
            self._take(note)  # such as what an operator wanted in an earlier life
        if (refused := self._in_use.refused) is None:
            self._builder.ask()
        else:
            self._builder.pass_over(refused)
            self._life.start_again()
        self._builder.start()
        while not self._loop.stopping.is_set() or self._slot.session or self._deliveries.busy:
            self._slot.watch()
            for note in self._loop.wait():
                self._take(note)
            self._loop.timers.run_due()
            session = self._slot.session
            if session and self._life.report.open and not self._handover.wanted:
                self._deliveries.dispatch(session)
        self._builder.close()
        self._builder.join(BUILD_STOP_SECONDS)
        self._life.happened(Over())

    def _take(self, note: Note) -> None:  # noqa: C901, PLR0912, PLR0915 - one case for each note
        match note:
            case Asked():
                self._life.ask(note)
            case Restart():
                self._life.restart()
            case Explain(answer):
                self._slot.explain(answer, self._life.situation.state)
            case Stop():
                self._builder.hold()
                self._life.shut_down()
            case Said(number, message):
                if self._slot.hear(number, message):
                    self._life.ready()
            case Send(number, message):
                self._slot.send(number, message)
            case Kill(number, reason):
                self._slot.kill(number, reason)
            case Hung(number, reason):
                self._slot.give_up(number, reason)
            case Overgrown(pid, reason):
                self._slot.kill_pid(pid, reason)
            case Worn():
                self._handover.wear(note)
            case Granted():
                self._life.granted()
            case Delivery():
                self._deliveries.add(note)
            case Settled():
                self._deliveries.settled(note, self._slot.session)
                self._life.settled(note)
                self._handover.make()
            case Building() | Built() | Unbuilt() | Unwanted() if self._loop.stopping.is_set():
                return  # the stop ended the build: its outcome is no news
            case Building():
                self._in_use.building()
                self._life.building()
            case Built():
                self._in_use.built(note)
                self._handover.make()
                self._life.built()
            case Unbuilt():
                self._in_use.unbuilt(note)
                self._life.unbuilt(note)
            case Unwanted():
                self._in_use.unwanted()
                self._life.unwanted()

    def _publish(self) -> None:
        self.status = reported(self._life, self.status)


def reported(life: Life, before: WorkerStatus) -> WorkerStatus:
    """Return the status that follows, with the state and the process of this life."""
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
