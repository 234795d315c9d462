"""The life of an integration: its state, and its process from start to burial, again and again."""

from collections.abc import Callable

from framework.environments import Environment
from framework.errors import FrameworkError, ProcessGoneError, StoppedError
from framework.workers import lifecycle
from framework.workers.changes import Changes
from framework.workers.desk import Desk
from framework.workers.incumbent import Incumbent
from framework.workers.launch import Launch
from framework.workers.lifecycle import Situation, State
from framework.workers.notes import Kill, Said, Send
from framework.workers.session import Session
from framework.workers.succession import End

STOP_GRACE = 10.0  # seconds to finish or give back when the process is asked to end


class Life:
    """Owned by the owner's thread; `ask` has the environment built, `report` tells a new state."""

    def __init__(
        self,
        launch: Launch,
        desk: Desk,
        changes: Changes,
        ask: Callable[[], None],
        report: Callable[[], None],
    ):
        self._desk = desk
        self._changes = changes
        self._ask = ask
        self._report = report
        self.situation = Situation()
        self.process = Incumbent(launch, desk)
        self.environment: str | None = None  # the key of the one that was started last

    @property
    def session(self) -> Session | None:
        """The process, if there is one."""
        return self.process.session

    @property
    def ready(self) -> bool:
        """Tell whether the process may be given deliveries."""
        return self.situation.state is State.READY

    @property
    def idle(self) -> bool:
        """Tell whether there is no process, and no time at which it will be started again."""
        return self.session is None and "start" not in self._desk.timers

    def take(self, note: Said | Send | Kill) -> None:
        """Take a note about the process."""
        if self.process.take(note) and self.situation.state is State.STARTING:
            self._changes.occupied()
            self.enter(State.READY, self._changes.remark)

    def remark(self) -> None:
        """Tell what is to be known about the environment of a process that is ready."""
        if self.ready:
            self._become(lifecycle.remarked(self.situation, self._changes.remark))

    # --- from nothing to a process

    def start_again(self) -> None:
        """Start in the environment in use, unless it must be built again."""
        if environment := self._changes.usable:
            self.start(environment)
        else:
            self._ask()

    def proceed(self) -> None:
        """Start in the next environment, or in the one in use if there is no other."""
        self._desk.timers.clear("start")
        if self._changes.next:
            self.situation = lifecycle.renewed(self.situation)
        self.start(self._changes.proceed())

    def start(self, environment: Environment) -> None:
        """Start the process, unless the supervisor stops."""
        if self._desk.stopping.is_set():
            return
        self.environment = environment.key
        try:
            self.process.start(environment, self._bury)
        except OSError as error:
            self._ended(End(f"the process could not be started: {error}"))
            return
        self.enter(State.STARTING)

    # --- from a process to nothing

    def make_way(self) -> None:
        """End the process for another environment; what it works on is given back."""
        self._end("another environment takes over", ProcessGoneError("its process makes way"))

    def shut_down(self) -> None:
        """End the process for good."""
        self._desk.timers.clear("start")
        self._end(None, StoppedError("the supervisor stops"))

    def _end(self, reason: str | None, error: FrameworkError) -> None:
        if self.situation.state is State.STOPPING:
            return
        self.enter(State.STOPPING, reason)
        if session := self.session:
            session.end_attempts(error)
            session.shut_down(STOP_GRACE)

    def _bury(self) -> None:
        end = self.process.bury()
        if self._desk.stopping.is_set():
            return
        if self.situation.state is State.STOPPING or self._changes.next:
            self._changes.vacated()
            self.proceed()
        else:
            self._ended(end)

    def _ended(self, end: End) -> None:
        if previous := self._changes.ended(end):
            self._desk.log.error("%s", self._changes.remark)
            self.situation = lifecycle.renewed(self.situation)
            self.start(previous)
        elif end.blocks:
            self.block(end.reason)
        else:
            self._back_off(end.reason)

    def _back_off(self, reason: str) -> None:
        timers = self._desk.timers
        now = timers.clock()
        situation = lifecycle.failed(self.situation, reason, now)
        wait = (situation.retry_at or now) - now
        self._desk.log.error("%s; the next start is in %.0f s", reason, wait)
        timers.set("start", wait, self.start_again)
        self._become(situation)

    # --- without a process

    def block(self, reason: str) -> None:
        """Stay down until someone changes something."""
        self._become(lifecycle.blocked(self.situation, reason, self._desk.timers.clock()))

    def wait(self, reason: str, seconds: float) -> None:
        """Stay down until a build works."""
        now = self._desk.timers.clock()
        self._become(lifecycle.waiting(self.situation, reason, now, seconds))

    def enter(self, state: State, reason: str | None = None) -> None:
        """Go on to a state."""
        now = self._desk.timers.clock()
        self._become(lifecycle.entered(self.situation, state, now, reason))

    def _become(self, situation: Situation) -> None:
        told = self.situation.state, self.situation.reason
        self.situation = situation
        if told != (situation.state, situation.reason):
            reason = f": {situation.reason}" if situation.reason else ""
            self._desk.log.info("%s%s", situation.state, reason)
        self._report()
