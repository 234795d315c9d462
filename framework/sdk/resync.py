"""What a handler is asked to read."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from framework.protocol.messages import KindRequest, Progress
from framework.sdk.attempt import Attempt

PROGRESS_SECONDS = 1.0  # progress is a sign of life; more often would be dropped on the way


class Resync:
    """One kind of one resync: `config`, the `kind`, its `index` and `selector` in the mapping."""

    def __init__(
        self,
        config: dict[str, Any],
        request: KindRequest,
        attempt: Attempt,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.kind = request.kind
        self.index = request.index
        self.selector: dict[str, Any] = msgspec.json.decode(request.selector)
        self._attempt = attempt
        self._clock = clock
        self._reported = float("-inf")

    @property
    def cancelled(self) -> bool:
        """Whether this resync was given up: return soon, or `progress` raises Cancelled."""
        return self._attempt.cancelled

    def progress(self, done: float, total: float | None = None) -> None:
        """Report progress in your own units, where no page is sent for minutes.

        Raises Cancelled, which is no `Exception`, once this resync was given up: let it pass.
        """
        self._attempt.check()
        now = self._clock()
        if now - self._reported >= PROGRESS_SECONDS:
            self._reported = now
            self._attempt.send(Progress(self._attempt.delivery, done, total))
