"""SIGINT, SIGTERM and SIGHUP: the handlers only append to lists, the main loop reads them."""

import contextlib
import os
import select
import signal

ENDED_BY_SIGNAL = 128
CHUNK = 4096  # bytes, one for each signal


class Signals:
    """While it is open, the first SIGINT or SIGTERM asks for a stop, the second ends us at once.

    SIGHUP asks for a reload.
    """

    def __init__(self) -> None:
        self._received: list[int] = []
        self._reloads: list[int] = []
        self._readable, self._writable = os.pipe()
        os.set_blocking(self._readable, False)
        os.set_blocking(self._writable, False)
        handlers = {
            signal.SIGINT: self._note,
            signal.SIGTERM: self._note,
            signal.SIGHUP: self._note_reload,
        }
        self._before = {number: signal.signal(number, note) for number, note in handlers.items()}
        self._wakeup = signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)

    def wait(self, seconds: float) -> bool:
        """Wait until a signal comes, or so many seconds; tell whether a stop was asked for."""
        if not self._received and select.select([self._readable], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):  # another thread read it
                os.read(self._readable, CHUNK)
        return bool(self._received)

    def reload_asked(self) -> bool:
        """Tell whether a reload was asked for, once for each SIGHUP."""
        if not self._reloads:
            return False
        self._reloads.pop()
        return True

    def close(self) -> None:
        """Restore what signals did before."""
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

    def _note_reload(self, number: int, _: object) -> None:
        self._reloads.append(number)
