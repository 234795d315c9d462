"""SIGINT and SIGTERM: the handler only keeps a list, the main loop reads it."""

import contextlib
import os
import select
import signal

ENDED_BY_SIGNAL = 128


class Signals:
    """While it is open, the first signal asks for a stop and the second ends us at once."""

    def __init__(self) -> None:
        self._received: list[int] = []
        self._readable, self._writable = os.pipe()
        os.set_blocking(self._writable, False)
        self._before = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._wakeup = signal.set_wakeup_fd(self._writable)

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; tell whether a stop was asked for."""
        if not self._received:
            select.select([self._readable], [], [], seconds)
        return bool(self._received)

    def close(self) -> None:
        """Let signals do what they did before."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._readable)
        with contextlib.suppress(OSError):
            os.close(self._writable)

    def _note(self, number: int, _: object) -> None:
        if self._received:
            os._exit(ENDED_BY_SIGNAL + number)  # our children die with us: PR_SET_PDEATHSIG
        self._received.append(number)
