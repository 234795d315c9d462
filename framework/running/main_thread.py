"""Calls that other threads hand to the main thread, which alone changes what is running."""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from framework.errors import FrameworkError

T = TypeVar("T")

WAIT_SECONDS = 100.0  # a reload waits until processes have finished their deliveries


class MainThread:
    """The calls that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = (
            queue.SimpleQueue()
        )

    def call(self, work: Callable[[], T]) -> T:
        """Call `work` in the main thread; return what it returns, raise what it raises."""
        answer = Future[T]()
        self._waiting.put((work, answer))
        try:
            return answer.result(WAIT_SECONDS)
        except TimeoutError:
            answer.cancel()  # has no effect if the call has begun
            raise FrameworkError(
                f"the supervisor was too busy for {WAIT_SECONDS:.0f} s; `supervisor.py status` "
                "shows what it is doing"
            ) from None

    def run(self) -> None:
        """Run the calls that wait; only the main thread may do so."""
        while not self._waiting.empty():
            work, answer = self._waiting.get_nowait()
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - `call` raises it
                answer.set_exception(error)
