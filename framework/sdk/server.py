"""The integration's side of the protocol: a thread that reads, one that works, one that writes.

The reader neither works nor writes. So it answers a ping while a handler is busy, and two full
pipes cannot block each other.
"""

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from framework.protocol import framing, messages
from framework.sdk import reading, stacks
from framework.sdk.attempt import Attempt
from framework.sdk.integration import Integration
from framework.sdk.writer import Writer

EX_SOFTWARE, EX_CONFIG = 70, 78  # as in sysexits.h
CHUNK = 64 * 1024  # bytes, what a pipe holds
EOF_SECONDS = 5.0  # for a handler to return once the supervisor is gone
GRACE_SHARE = 0.8  # of the grace; the rest is for `bye` to arrive
CLOSE_SECONDS = 2.0  # for the supervisor to read the last lines
CAPABILITIES = ["stacks"]  # messages of protocol 1 that an older sdk does not answer
SDK = f"msgspec {msgspec.__version__}, Python {sys.version.split()[0]}"


class Server:
    """Works on one delivery at a time, in the thread that calls `serve`."""

    def __init__(
        self, integration: Integration, name: str, writer: Writer, leave: Callable[[int], Any]
    ) -> None:
        self._integration = integration
        self._name = name
        self._writer = writer
        self._leave = leave
        self._window = messages.WINDOW, messages.WINDOW_BYTES
        self._running: dict[str, Attempt] = {}
        self._current: Attempt | None = None
        self._orders: queue.SimpleQueue[tuple[messages.Resync, Attempt] | None] = (
            queue.SimpleQueue()
        )
        self._stopping = threading.Event()
        self._bye = messages.Bye("")

    def serve(self, commands: int) -> int:
        """Answer until `shutdown` or the end of `commands`; return the exit code."""
        self._integration.watch(self._given_up)
        self._writer.start()
        threading.Thread(target=self._read, args=(commands,), name="reader", daemon=True).start()
        for order, attempt in iter(self._orders.get, None):
            self._current = attempt
            self._finish(reading.read(order.kinds, self._integration, attempt))
        self._say_bye()
        return self._bye.code

    def _finish(self, done: messages.Done) -> None:
        if self._running.pop(done.delivery, None) is not None:  # once, whoever comes first
            self._writer.send(done)

    def _given_up(self) -> bool:
        current = self._current
        return self._stopping.is_set() or (current is not None and current.cancelled)

    # --- the reader's thread ---

    def _read(self, commands: int) -> None:
        bye = messages.Bye("stdin ended")
        lines = framing.Lines(messages.MAX_FRAME_DOWN)
        decoder: framing.Decoder[Any] = framing.Decoder(messages.Down)
        try:
            for chunk in iter(partial(os.read, commands, CHUNK), b""):
                for line in lines.feed(chunk):
                    self._take(decoder.decode(line))
        except Exception:  # noqa: BLE001 - without its reader the process must not live on
            traceback.print_exc()
            bye = messages.Bye("the sdk failed to take a message", EX_SOFTWARE)
        self._end(bye, EOF_SECONDS)

    def _take(  # noqa: C901 - one case for each message
        self, message: messages.Down | framing.Stray | framing.Unknown | framing.Broken
    ) -> None:
        match message:
            case messages.SupervisorHello():
                self._greet(message)
            case messages.Configure():
                config = msgspec.json.decode(message.config, type=dict[str, Any])
                self._integration.configure(config)
                self._send_ahead(messages.Ready())
            case messages.Resync(delivery=delivery):
                attempt = Attempt(delivery, *self._window, self._writer.send)
                self._running[delivery] = attempt
                self._orders.put((message, attempt))
            case messages.Cancel(delivery=delivery):
                if running := self._running.get(delivery):
                    running.cancel()
            case messages.Ack(delivery=delivery, seq=seq):
                if running := self._running.get(delivery):
                    running.ack(seq)
            case messages.Ping(n=n):
                started = [attempt.started for attempt in tuple(self._running.values())]
                now = time.monotonic()
                oldest = now - min(started, default=now)
                self._send_ahead(messages.Pong(n, len(started), oldest))
            case messages.Stacks(n=n):
                self._send_ahead(messages.StacksAnswer(n, stacks.all_threads()))
            case messages.Shutdown():
                self._end(messages.Bye("shutdown"), message.grace_seconds * GRACE_SHARE)
            case _:
                self._ignore(message)

    def _greet(self, hello: messages.SupervisorHello) -> None:
        if messages.VERSION not in hello.protocol:
            spoken = f"protocol {messages.VERSION}, the supervisor speaks {hello.protocol}"
            self._end(messages.Bye(f"the sdk speaks {spoken}", EX_CONFIG), EOF_SECONDS)
            return
        self._window = hello.window, hello.window_bytes
        self._send_ahead(
            messages.IntegrationHello(
                messages.VERSION,
                SDK,
                self._name,
                kinds=self._integration.kinds,
                capabilities=CAPABILITIES,
            )
        )
        self._integration.log.connect(self._writer)

    def _ignore(self, message: framing.Stray | framing.Unknown | framing.Broken) -> None:
        sort, reason = (
            type(message).__name__,
            getattr(message, "reason", ""),
        )  # its text may be secret
        self._integration.log.warning(
            "ignored a line from the supervisor", sort=sort, reason=reason
        )
        if isinstance(message, framing.Broken) and message.delivery not in {None, *self._running}:
            failure = messages.Failure("bug", f"the request cannot be read: {message.reason}")
            self._writer.send(messages.Done(str(message.delivery), "failed", failure))

    # --- the end ---

    def _end(self, bye: messages.Bye, grace: float) -> None:
        """Give up what runs; leave a handler behind that has not returned after `grace` seconds."""
        if self._stopping.is_set():
            return
        self._bye = bye
        self._stopping.set()
        for attempt in tuple(self._running.values()):
            attempt.cancel()
        self._orders.put(None)
        timer = threading.Timer(grace, self._leave_behind)
        timer.daemon = True
        timer.start()

    def _leave_behind(self) -> None:
        for delivery in tuple(self._running):
            self._finish(messages.Done(delivery, "cancelled"))
        self._say_bye()
        self._leave(self._bye.code)

    def _say_bye(self) -> None:
        self._integration.log.disconnect()
        self._writer.close(self._bye, CLOSE_SECONDS)

    def _send_ahead(self, message: messages.Message) -> None:
        self._writer.send_ahead(framing.encode(message))
