"""The life of an integration: its state, and its process from start to burial, again and again."""

from collections.abc import Callable

from msgspec import structs

from framework.environments import Environment
from framework.errors import FrameworkError, ProcessGoneError, StoppedError
from framework.journal import Desired
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.loop import Loop
from framework.workers.notes import AboutProcess, Granted
from framework.workers.session.exits import Exit, unstarted
from framework.workers.session.launch import Launch
from framework.workers.session.session import Session
from framework.workers.session.slot import ProcessSlot
from framework.workers.states import (
    Asked,
    Cause,
    Ended,
    Ending,
    Happening,
    Queued,
    Renewed,
    Served,
    Situation,
    Spawned,
    State,
    Told,
    Unbuilt,
)
from framework.workers.status import StateReport

OWN_GRACE = 10.0  # seconds to finish or give back when the supervisor itself stops
GRACE = 30.0  # seconds otherwise
# These say nothing about an environment.
BLAMELESS = (Cause.ASKED, Cause.WORN, Cause.MACHINE, Cause.TEMPORARY)


class Life:
    """Owned by the owner's thread; `ask` has the environment built, `report` tells a new state."""

    def __init__(
        self,
        launch: Launch,
        loop: Loop,
        in_use: EnvironmentInUse,
        ask: Callable[[], None],
        report: Callable[[], None],
    ):
        self._loop = loop
        self._in_use = in_use
        self._ask = ask
        self._queued: Environment | None = None  # where to start once it is our turn
        self._cause = Cause.ASKED  # why the process was told to end
        self._trouble: str | None = None  # of the last delivery
        self.report = StateReport(loop, report)
        self.slot = ProcessSlot(launch, loop)
        self.environment: str | None = None  # the key of the one that was started last

    @property
    def session(self) -> Session | None:
        """The process, if there is one."""
        return self.slot.session

    @property
    def situation(self) -> Situation:
        """How it is."""
        return self.report.situation

    @property
    def idle(self) -> bool:
        """Tell whether there is no process, and no time at which it will be started."""
        return not (self.session or self._queued or "start" in self._loop.timers)

    def take(self, note: AboutProcess) -> None:
        """Take a note about the process."""
        if self.slot.take(note) and self.situation.state is State.STARTING:
            self._loop.shared.start_gate.leave(self._loop.identifier)
            self._in_use.occupied()
            self.happened(Served())
            self.remark()

    def remark(self) -> None:
        """Tell what is to be known about a process that is ready."""
        trouble = self._in_use.trouble or self._trouble
        self.happened(Told(trouble, self._in_use.remark))

    def judge(self, trouble: str | None) -> None:
        """Know how the last delivery went."""
        self._trouble = trouble
        self.remark()

    # --- what operators want

    def ask(self, asked: Asked) -> None:
        """Run, pause or stop from now on; to run forgets failures and does not wait."""
        self.happened(asked)
        match asked.desired:
            case Desired.STOP:
                self._unqueue()
                self._end("stopped by an operator", StoppedError("an operator stops it"))
            case Desired.RUN:
                self.renew()
            case Desired.PAUSE:
                self._go()

    def restart(self) -> None:
        """Have another process, at once."""
        if self.situation.desired is Desired.STOP:
            self.happened(Asked(Desired.RUN))
        self._end("restarted by an operator", ProcessGoneError("its process is replaced"))
        self.renew()

    def renew(self) -> None:
        """Forget failures, and wait no longer for a start."""
        self.happened(Renewed())
        self._go()

    def _go(self) -> None:
        if not self.session and self.situation.state is State.PENDING and not self._queued:
            self._loop.timers.clear("start")
            self.start_again()

    # --- from nothing to a process

    def start_again(self) -> None:
        """Start in the next environment, or in the one in use, unless it must be built again."""
        if self._in_use.next:
            self.proceed()
        elif environment := self._in_use.usable:
            self.start(environment)
        else:
            self._ask()

    def proceed(self) -> None:
        """Start in the next environment, or in the one in use if there is no other."""
        if self._in_use.next:
            self.happened(Renewed())
        self._loop.timers.clear("start")
        self.start(self._in_use.proceed())

    def start(self, environment: Environment) -> None:
        """Start the process once it is its turn, unless it is not wanted."""
        if self._loop.stopping.is_set() or not self.report.startable:
            return
        self._queued = environment
        self.happened(Queued())
        starts, identifier = self._loop.shared.start_gate, self._loop.identifier
        starts.ask(identifier, lambda: self._loop.inbox.put(Granted()))

    def granted(self) -> None:
        """Start the process now; its turn ends when it is ready, or gone."""
        environment, self._queued = self._queued, None
        if environment is None or self._loop.stopping.is_set():
            self._loop.shared.start_gate.leave(self._loop.identifier)
            return
        self.environment = environment.key
        try:
            self.slot.start(environment, self._bury)
        except OSError as error:
            self._loop.shared.start_gate.leave(self._loop.identifier)
            self._ended(unstarted(error))
            return
        self.happened(Spawned())

    def _unqueue(self) -> None:
        self._queued = None
        self._loop.timers.clear("start")
        self._loop.shared.start_gate.leave(self._loop.identifier)

    # --- from a process to nothing

    def make_way(self, reason: str, cause: Cause = Cause.ASKED) -> None:
        """End the process for another one; what it works on is given back."""
        self._end(reason, ProcessGoneError("its process makes way"), cause)

    def shut_down(self) -> None:
        """End the process for good."""
        self._unqueue()
        self._end(None, StoppedError("the supervisor stops"))

    def _end(self, reason: str | None, error: FrameworkError, cause: Cause = Cause.ASKED) -> None:
        session = self.session
        if session is None or self.situation.state is State.STOPPING:
            return
        self._cause = cause
        self.happened(Ending(reason))
        session.end_attempts(error)
        session.shut_down(OWN_GRACE if self._loop.stopping.is_set() else GRACE)

    def _bury(self) -> None:
        asked = self.situation.state is State.STOPPING
        end = self.slot.bury()
        self._loop.shared.start_gate.leave(self._loop.identifier)
        if self._loop.stopping.is_set():
            return
        if asked:
            end = structs.replace(
                end, cause=self._cause, reason=self.situation.reason or end.reason
            )
        elif self._in_use.next:
            end = structs.replace(end, cause=Cause.ASKED)
        if end.cause is Cause.ASKED:
            self._in_use.vacated()
        self._ended(end)

    def _ended(self, end: Exit) -> None:
        previous = None if end.cause in BLAMELESS else self._in_use.ended(end)
        if previous:
            self._loop.log.error("%s", self._in_use.remark)
            end = structs.replace(end, cause=Cause.ASKED, reason=self._in_use.remark or end.reason)
        self.happened(Ended(end.reason, end.cause), end)
        retry_at = self.situation.retry_at
        if retry_at is not None:
            self._loop.timers.set("start", retry_at - self._loop.timers.clock(), self.start_again)
        elif self.situation.state is not State.PENDING:
            return
        elif previous:
            self.happened(Renewed())
            self.start(previous)
        else:
            self.start_again()

    # --- without a process

    def unbuilt(self, note: Unbuilt) -> None:
        """Stay down until there is an environment, or go on in one that there was."""
        if not self.idle:
            return
        if environment := self._in_use.refuge():
            self.start(environment)
        else:
            self.happened(note)

    def happened(self, happening: Happening, end: Exit | None = None) -> None:
        """Go on to the state that follows."""
        self.report.happened(happening, self.slot.pid, end)
