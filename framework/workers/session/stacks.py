"""What every thread of a process is doing: asked for in the protocol, or dumped on a signal.

The signal works where nothing else does, but not every Python survives it: it is for a process
that does not answer, or is to be killed anyway.
"""

import signal
from collections.abc import Callable
from concurrent.futures import Future

from framework.errors import FrameworkError
from framework.process import Child
from framework.protocol import messages
from framework.workers.loop import Timers
from framework.workers.session.stderr import ErrorLog

ANSWER_SECONDS = 3.0  # for the sdk to answer
DUMP_SECONDS = 1.0  # for the dump to arrive on stderr
TIMER = "stacks"


class Stacks:
    """Owned by the owner's thread; `send` writes to the process."""

    def __init__(
        self,
        child: Child,
        errors: ErrorLog,
        timers: Timers,
        send: Callable[[messages.Message], None],
    ):
        self._child = child
        self._errors = errors
        self._timers = timers
        self._send = send
        self._asked = 0
        self._answers: list[Future[str]] = []

    def ask(self, answer: Future[str]) -> None:
        """Ask the process; send it the signal if it does not answer."""
        self._asked += 1
        self._answers.append(answer)
        self._send(messages.Stacks(self._asked))
        self._timers.set(TIMER, ANSWER_SECONDS, self._force)

    def answered(self, text: str) -> None:
        """Take the process's answer."""
        self._timers.clear(TIMER)
        self._errors.captured()  # it may have been sent the signal before
        self._settle(text)

    def dump(self) -> None:
        """Let a process that is about to be killed write its stacks to stderr."""
        self._child.signal_one(signal.SIGUSR1)

    def end(self) -> None:
        """Let everyone who waits for an answer fail."""
        self._timers.clear(TIMER)
        for answer in self._taken():
            answer.set_exception(FrameworkError("the process ended before it could answer"))

    def _force(self) -> None:
        self._errors.capture()
        self.dump()
        self._timers.set(TIMER, DUMP_SECONDS, self._collect)

    def _collect(self) -> None:
        lines = self._errors.captured()
        if lines:
            self._settle("\n".join(lines))
            return
        for answer in self._taken():
            answer.set_exception(
                FrameworkError("the process neither answers nor says anything on a signal")
            )

    def _settle(self, text: str) -> None:
        for answer in self._taken():
            answer.set_result(text)

    def _taken(self) -> list[Future[str]]:
        taken, self._answers = self._answers, []
        return taken
