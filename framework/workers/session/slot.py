"""The place for the one process of an integration: started, fed, heard, buried."""

import errno
import selectors
from collections.abc import Callable
from concurrent.futures import Future

from framework.environments import Environment
from framework.errors import FrameworkError, ProcessGoneError
from framework.orphans import sweep
from framework.protocol.messages import Message, Ready
from framework.workers.loop import Loop
from framework.workers.notes import ToOwner
from framework.workers.session.exits import Exit
from framework.workers.session.launch import Launch
from framework.workers.session.session import Session

TRACED_SECONDS = 1.0  # between two looks at a dead process that a debugger holds back


class ProcessSlot:
    """Owned by the owner's thread; empty while `session` is None.

    What belongs to an earlier process, by its number or its pid, is dropped.
    """

    def __init__(self, launch: Launch, loop: Loop):
        self._launch = launch
        self._loop = loop
        self.session: Session | None = None
        self.starts = 0
        self._unswept = False  # too few open files were left to look for orphans

    @property
    def pid(self) -> int | None:
        """The process's id, if there is one."""
        return self.session.child.pid if self.session else None

    def start(self, environment: Environment, died: Callable[[], None]) -> None:
        """Start the process; `died` is called at its death and must bury it. Raises OSError."""
        assert self.session is None
        if self._unswept:
            self._sweep()
        child = self._launch.start(environment)
        self.starts += 1
        loop = self._loop
        try:
            session = Session(
                self.starts, child, self._launch, loop.timers, loop.log, loop.inbox.put
            )
            session.open()
        except (OSError, RuntimeError) as error:  # others took the files or threads that were left
            child.abandon()
            raise OSError(errno.EAGAIN, str(error)) from error
        self.session = session
        self._watch_death(session, died)

    def _watch_death(self, session: Session, died: Callable[[], None]) -> None:
        """Have `died` called once the process is dead, and nobody traces it any more."""
        selector, child = self._loop.selector, session.child

        def look() -> None:
            if child.reapable:
                died()
                return
            selector.unregister(child.pidfd)  # it says the same until then
            self._loop.timers.set(
                "traced", TRACED_SECONDS, lambda: self._watch_death(session, died)
            )

        selector.register(child.pidfd, selectors.EVENT_READ, look)

    def watch(self) -> None:
        """Watch for room in the process's stdin, but only while bytes wait for it."""
        session = self.session
        if session is None:
            return
        watched = session.stdin in self._loop.selector.get_map()
        if session.writing and not watched:
            self._loop.selector.register(session.stdin, selectors.EVENT_WRITE, session.flush)
        elif watched and not session.writing:
            self._loop.selector.unregister(session.stdin)

    def hear(self, number: int, message: ToOwner) -> bool:
        """Pass on what the process says; tell whether it became ready."""
        if session := self._numbered(number):
            session.hear(message)
        return session is not None and isinstance(message, Ready)

    def send(self, number: int, message: Message) -> None:
        """Send the process a message."""
        if session := self._numbered(number):
            session.send(message)

    def explain(self, answer: Future[str], state: str) -> None:
        """Find out what every thread of the process is doing; without one, say its `state`."""
        if session := self.session:
            session.explain(answer)
        else:
            answer.set_exception(FrameworkError(f"it has no process: it is {state}"))

    def kill(self, number: int, reason: str) -> None:
        """Kill the process at once."""
        if session := self._numbered(number):
            session.kill(reason)

    def kill_pid(self, pid: int, reason: str) -> None:
        """Kill the process at once if it has this pid."""
        if self.session and self.session.child.pid == pid:
            self.session.kill(reason)

    def give_up(self, number: int, reason: str) -> None:
        """End a process that hangs, step by step."""
        if session := self._numbered(number):
            session.give_up(reason)

    def bury(self) -> Exit:
        """Forget the dead process; return how it ended."""
        session = self.session
        assert session is not None
        self._loop.selector.unregister(session.child.pidfd)
        if session.stdin in self._loop.selector.get_map():
            self._loop.selector.unregister(session.stdin)
        exited = session.bury()
        self.session = None
        self._sweep()
        session.end_attempts(ProcessGoneError(f"its process ended: {exited.reason}"))
        return exited

    def _numbered(self, number: int) -> Session | None:
        return self.session if self.session and self.session.number == number else None

    def _sweep(self) -> None:
        try:
            swept = sweep(self._launch.marker)
        except OSError as error:
            self._unswept = True
            self._loop.log.warning(
                "processes that it left behind are looked for later: %s", error.strerror
            )
            return
        self._unswept = False
        if swept:
            self._loop.log.warning("%d processes that it left behind were killed", swept)
