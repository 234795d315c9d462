"""What other threads have the main thread do: it alone changes who works here."""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from framework.errors import FrameworkError

T = TypeVar("T")

WAIT_SECONDS = 100.0  # a reload lets processes drain


class Errands:
    """Done in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = (
            queue.SimpleQueue()
        )

    def have(self, work: Callable[[], T]) -> T:
        """Have the main thread do it; return what it returns, raise what it raises."""
        answer = Future[T]()
        self._waiting.put((work, answer))
        try:
            return answer.result(WAIT_SECONDS)
        except TimeoutError:
            answer.cancel()  # unless it is being done
            raise FrameworkError(
                f"the supervisor was too busy for {WAIT_SECONDS:.0f} s; `supervisor.py status` "
                "shows what it does"
            ) from None

    def run(self) -> None:
        """Do what waits; from the main thread."""
        while not self._waiting.empty():
            work, answer = self._waiting.get_nowait()
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
                answer.set_exception(error)
