"""SIGINT, SIGTERM and SIGHUP: the handlers only append to lists, the main loop reads them.

A program that has not come to that yet holds them: they wait in the kernel.
"""

import contextlib
import os
import select
import signal

ENDED_BY_SIGNAL = 128
CHUNK = 4096  # bytes, one for each signal


HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def hold() -> None:
    """Let signals wait until `Signals` handles them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)


class Signals:
    """While it is open, the first SIGINT or SIGTERM asks for a stop, the second ends us at once.

    SIGHUP asks for a reload; many that come during one ask for one more.
    """

    def __init__(self) -> None:
        self._received: list[int] = []
        self._reloads: list[int] = []
        self._readable, self._writable = os.pipe()
        os.set_blocking(self._readable, False)
        os.set_blocking(self._writable, False)
        self._wakeup = signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in HANDLED}
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)

    def wait(self, seconds: float) -> bool:
        """Wait until a signal comes, or so many seconds; tell whether a stop was asked for."""
        if not self._received and select.select([self._readable], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):  # another thread read it
                os.read(self._readable, CHUNK)
        return bool(self._received)

    def reload_asked(self) -> bool:
        """Tell whether a reload was asked for since the last look, however often."""
        asked = bool(self._reloads)
        self._reloads.clear()  # one that comes in between is covered by the reload that follows
        return asked

    def close(self) -> None:
        """Restore what signals did before."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._readable)
        with contextlib.suppress(OSError):
            os.close(self._writable)

    def _note(self, number: int, _: object) -> None:
        if number == signal.SIGHUP:
            self._reloads.append(number)
            return
        if self._received:
            os._exit(ENDED_BY_SIGNAL + number)  # our children die with us: PR_SET_PDEATHSIG
        self._received.append(number)
