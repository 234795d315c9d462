"""The life of an integration: its state, and its process from start to burial, again and again."""

from collections.abc import Callable

from msgspec import structs

from framework.environments import Environment
from framework.errors import FrameworkError, ProcessGoneError, StoppedError
from framework.journal import Desired
from framework.workers.attempt import Settled
from framework.workers.environment.builder import Builder
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.loop import Loop
from framework.workers.notes import Granted
from framework.workers.session import exits
from framework.workers.session.exits import Exit
from framework.workers.session.slot import ProcessSlot
from framework.workers.states import (
    Asked,
    Building,
    Cause,
    Ended,
    Ending,
    Happening,
    Queued,
    Remarked,
    Renewed,
    Served,
    Situation,
    Spawned,
    State,
    Unbuilt,
    Unwanted,
)
from framework.workers.status import StateReport

OWN_GRACE = 10.0  # seconds to finish or give back when the supervisor itself stops
GRACE = 30.0  # seconds otherwise
# These say nothing about an environment.
BLAMELESS = (Cause.ASKED, Cause.WORN, Cause.MACHINE, Cause.TEMPORARY)


class Life:
    """Owned by the owner's thread; `publish` shows a new state."""

    def __init__(
        self,
        loop: Loop,
        slot: ProcessSlot,
        in_use: EnvironmentInUse,
        builder: Builder,
        publish: Callable[[], None],
    ):
        self._loop = loop
        self._in_use = in_use
        self._builder = builder
        self._queued: Environment | None = None  # to start in once the start gate grants it
        self._cause = Cause.ASKED  # why we ended the process
        self._trouble: str | None = None  # of the last delivery
        self.slot = slot
        self.report = StateReport(loop, publish)
        self.environment: str | None = None  # the key of the one that was started last

    @property
    def situation(self) -> Situation:
        """The current state."""
        return self.report.situation

    @property
    def idle(self) -> bool:
        """Tell whether there is no process, and no time at which it will be started."""
        return not (self.slot.session or self._queued or "start" in self._loop.timers)

    # --- what operators want

    def ask(self, asked: Asked) -> None:
        """Run, pause or stop from now on; `run` also forgets failures and does not wait."""
        stopped = self.situation.desired is Desired.STOP
        self.happened(asked)
        if asked.desired is Desired.STOP:
            self._builder.hold()
            self._unqueue()
            self._end("stopped by an operator", StoppedError("an operator stops it"))
            return
        if stopped:
            self._release()
        if asked.desired is Desired.RUN:
            self.happened(Renewed())
        self._start_pending()

    def restart(self) -> None:
        """Have another process, at once."""
        if self.situation.desired is Desired.STOP:
            self.happened(Asked(Desired.RUN))
            self._release()
        self._end("restarted by an operator", ProcessGoneError("its process is replaced"))
        self.happened(Renewed())
        self._start_pending()

    def _release(self) -> None:
        self._builder.release()
        if self._in_use.usable:
            self._builder.look()  # the inputs may have changed while it was stopped

    def _start_pending(self) -> None:
        if not self.slot.session and self.situation.state is State.PENDING and not self._queued:
            self._loop.timers.clear("start")
            self.start_again()

    # --- from nothing to a process

    def start_again(self) -> None:
        """Start in the next environment or the one in use; without either, ask for a build."""
        if self._in_use.next:
            self.proceed()
        elif environment := self._in_use.usable:
            self._queue(environment)
        else:
            self._builder.ask()

    def proceed(self) -> None:
        """Start in the next environment, or in the one in use if there is no other."""
        if self._in_use.next:
            self.happened(Renewed())
        self._loop.timers.clear("start")
        self._queue(self._in_use.proceed())

    def granted(self) -> None:
        """Start the process; it holds its place in the start gate until it is ready, or gone."""
        environment, self._queued = self._queued, None
        if environment is None or self._loop.stopping.is_set():
            self._leave_gate()
            return
        self.environment = environment.key
        try:
            self.slot.start(environment, self._bury)
        except OSError as error:
            self._leave_gate()
            self._ended(exits.unstarted(error))
            return
        self.happened(Spawned())

    def ready(self) -> None:
        """Enter READY, unless the process was asked to end meanwhile."""
        if self.situation.state is not State.STARTING:
            return
        self._leave_gate()
        self._in_use.occupied()
        self.happened(Served())
        self._remark()

    def _queue(self, environment: Environment) -> None:
        if self._loop.stopping.is_set() or not self.report.startable:
            return
        self._queued = environment
        self.happened(Queued())
        inbox = self._loop.inbox
        gate = self._loop.shared.start_gate
        gate.ask(self._loop.identifier, lambda: inbox.put(Granted()))

    def _unqueue(self) -> None:
        self._queued = None
        self._loop.timers.clear("start")
        self._leave_gate()

    def _leave_gate(self) -> None:
        self._loop.shared.start_gate.leave(self._loop.identifier)

    # --- from a process to nothing

    def make_way(self, reason: str, cause: Cause = Cause.ASKED) -> None:
        """End the process for another one; its delivery goes back."""
        self._end(reason, ProcessGoneError("its process makes way"), cause)

    def shut_down(self) -> None:
        """End the process for good."""
        self._unqueue()
        self._end(None, StoppedError("the supervisor stops"))

    def _end(self, reason: str | None, error: FrameworkError, cause: Cause = Cause.ASKED) -> None:
        session = self.slot.session
        if session is None or self.situation.state is State.STOPPING:
            return
        self._cause = cause
        self.happened(Ending(reason))
        session.end_attempts(error)
        session.shut_down(OWN_GRACE if self._loop.stopping.is_set() else GRACE)

    def _bury(self) -> None:
        asked = self.situation.state is State.STOPPING
        exited = self.slot.bury()
        self._leave_gate()
        if self._loop.stopping.is_set():
            return
        if asked:
            reason = self.situation.reason or exited.reason
            exited = structs.replace(exited, cause=self._cause, reason=reason)
        elif self._in_use.next:
            exited = structs.replace(exited, cause=Cause.ASKED)
        if exited.cause is Cause.ASKED:
            self._in_use.vacated()
        self._ended(exited)

    def _ended(self, exited: Exit) -> None:
        previous = None if exited.cause in BLAMELESS else self._in_use.ended(exited)
        if previous:
            self._loop.log.error("%s", self._in_use.remark)
            reason = self._in_use.remark or exited.reason
            exited = structs.replace(exited, cause=Cause.ASKED, reason=reason)
        self.happened(Ended(exited.reason, exited.cause), exited)
        retry_at = self.situation.retry_at
        if retry_at is not None:
            self._loop.timers.set("start", retry_at - self.report.now, self.start_again)
        elif self.situation.state is not State.PENDING:
            return
        elif previous:
            self.happened(Renewed())
            self._queue(previous)
        else:
            self.start_again()

    # --- what its builds and deliveries lead to

    def building(self) -> None:
        """Enter BUILDING, unless there is a process or it is about to start."""
        if self.idle:
            self.happened(Building())
        self._remark()

    def built(self) -> None:
        """Start in the environment that was built, unless there is a process."""
        if self.slot.session:
            self._remark()
            return
        self._build_over()
        self.happened(Renewed())
        self.proceed()

    def unbuilt(self, note: Unbuilt) -> None:
        """Stay down until there is an environment, or start in an earlier one."""
        self._build_over()
        if not self.idle:
            self._remark()
        elif environment := self._in_use.refuge():
            self._queue(environment)
        else:
            self.happened(note)

    def unwanted(self) -> None:
        """Be stopped now that the build has ended; or begin again, if it is wanted again."""
        if self.slot.session:
            self._remark()
            return
        self.happened(Unwanted())
        self._start_pending()

    def _build_over(self) -> None:
        """Be stopped if a stop only waited for the build, which was done before it noticed."""
        if self.situation.state is State.STOPPING and not self.slot.session:
            self.happened(Unwanted())

    def settled(self, settled: Settled) -> None:
        """Record how the last delivery went."""
        if not settled.interrupted:
            self._trouble = settled.error or settled.trouble
            self._remark()

    def _remark(self) -> None:
        trouble = self._in_use.trouble or self._trouble
        self.happened(Remarked(trouble, self._in_use.remark))

    def happened(self, happening: Happening, exited: Exit | None = None) -> None:
        """Enter the state that follows."""
        self.report.happened(happening, self.slot.pid, exited)
