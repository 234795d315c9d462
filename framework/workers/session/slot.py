"""The one process that an integration has, or does not have: started, fed, heard, buried."""

import errno
import selectors
from collections.abc import Callable

from framework.environments import Environment
from framework.errors import ProcessGoneError
from framework.orphans import sweep
from framework.process import KILL_SECONDS
from framework.protocol.messages import Ready
from framework.workers.loop import Loop
from framework.workers.notes import AboutProcess, Hung, Kill, Overgrown, Said, Send
from framework.workers.session.exits import Exit
from framework.workers.session.launch import Launch
from framework.workers.session.session import Session


class ProcessSlot:
    """Owned by the owner's thread, which waits at `loop`."""

    def __init__(self, launch: Launch, loop: Loop):
        self._launch = launch
        self._loop = loop
        self.session: Session | None = None
        self.starts = 0
        self._unswept = False  # there was no open file left to look for what it left behind

    @property
    def pid(self) -> int | None:
        """The process's id, if there is one."""
        return self.session.child.pid if self.session else None

    def start(self, environment: Environment, died: Callable[[], None]) -> None:
        """Start the process; `died` must bury it. Raises OSError."""
        assert self.session is None
        if self._unswept:
            self._sweep()
        child = self._launch.start(environment)
        self.starts += 1
        start, loop = (self.starts, child), self._loop
        try:
            session = Session(start, self._launch, loop.timers, loop.log, loop.inbox.put)
            session.open()
        except (OSError, RuntimeError) as error:  # others took the files or threads that were left
            child.kill()
            child.wait(KILL_SECONDS)
            child.close()
            raise OSError(errno.EAGAIN, str(error)) from error
        self.session = session
        loop.selector.register(child.pidfd, selectors.EVENT_READ, died)

    def watch(self) -> None:
        """Wait for room in the process's stdin only while something is to be written."""
        session = self.session
        if session is None:
            return
        watched = session.stdin in self._loop.selector.get_map()
        if session.writing and not watched:
            self._loop.selector.register(session.stdin, selectors.EVENT_WRITE, session.flush)
        elif watched and not session.writing:
            self._loop.selector.unregister(session.stdin)

    def take(self, note: AboutProcess) -> bool:
        """Do what a note about the process says; tell whether it has become ready."""
        session = self.session
        if session is None or not _about(note, session):
            return False  # about an earlier process
        match note:
            case Said(_, message):
                session.hear(message)
                return isinstance(message, Ready)
            case Send(_, message):
                session.send(message)
            case Kill(_, reason) | Overgrown(_, reason):
                session.kill(reason)
            case Hung(_, reason):
                session.give_up(reason)
        return False

    def bury(self) -> Exit:
        """Forget the dead process; return how it ended."""
        session = self.session
        assert session is not None
        self._loop.selector.unregister(session.child.pidfd)
        if session.stdin in self._loop.selector.get_map():
            self._loop.selector.unregister(session.stdin)
        end = session.bury()
        self.session = None
        self._sweep()
        session.end_attempts(ProcessGoneError(f"its process ended: {end.reason}"))
        return end

    def _sweep(self) -> None:
        try:
            swept = sweep(self._launch.marker)
        except OSError as error:
            self._unswept = True
            self._loop.log.warning("what it left behind is looked for later: %s", error.strerror)
            return
        self._unswept = False
        if swept:
            self._loop.log.warning("%d processes that it left behind were killed", swept)


def _about(note: AboutProcess, session: Session) -> bool:
    if isinstance(note, Overgrown):
        return note.pid == session.child.pid
    return note.session == session.number
