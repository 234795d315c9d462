"""Cut what a handler yields into pages: by count, by size, by time."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Raw

from framework.protocol import framing
from framework.protocol.messages import KindRequest, Page
from framework.sdk.attempt import Attempt

PAGE_ITEMS = 100
PAGE_BYTES = 256 * 1024
PAGE_SECONDS = 0.25  # a yield that comes this long after the last cut closes the page
ITEM_BYTES = 4 * 1024 * 1024


class Pages:
    """The pages of one kind in one attempt; an item is a dict that encodes to a JSON object."""

    def __init__(
        self,
        attempt: Attempt,
        request: KindRequest,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempt = attempt
        self._request = request
        self._clock = clock
        self._items: list[Raw] = []
        self._bytes = 0
        self._last_cut = clock()

    def add(self, chunk: Any) -> None:
        """Take what a handler yielded, one item or several; wait while the window is full."""
        self._attempt.check()
        several = isinstance(chunk, Iterable) and not isinstance(chunk, (Mapping, str, bytes))
        for item in chunk if several else (chunk,):
            line = self._encoded(item)
            if self._bytes + len(line) > PAGE_BYTES:
                self.cut()
            self._items.append(Raw(line))
            self._bytes += len(line)
            if len(self._items) == PAGE_ITEMS:
                self.cut()
        if self._clock() - self._last_cut > PAGE_SECONDS:
            self.cut()

    def cut(self) -> None:
        """Send the items gathered so far as a page."""
        if self._items:
            attempt, kind, index = self._attempt, self._request.kind, self._request.index
            page = Page(attempt.delivery, attempt.pages + 1, kind, index, self._items)
            attempt.turn(len(framing.encode(page)))
            attempt.send(page)
            self._items, self._bytes = [], 0
        self._last_cut = self._clock()

    def _encoded(self, item: Any) -> bytes:
        line = framing.encoder.encode(item)
        kind = self._request.kind
        if not line.startswith(b"{"):
            raise TypeError(f"kind {kind!r}: an item must be a dict, not {type(item).__name__}")
        if len(line) > ITEM_BYTES:
            raise ValueError(f"kind {kind!r}: an item of {len(line)} bytes, the limit is 4 MiB")
        return line
