"""The trigger's thread: connect, read, record, commit; if anything fails, say why and go on."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Literal

from kafka.errors import (
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from framework import backoff
from framework.errors import FrameworkError, JournalError, StoppedError
from framework.events import Hub, TriggerStatus
from framework.triggers.kafka import intake
from framework.triggers.kafka.connection import Connection
from framework.triggers.kafka.intake import Batches, Intake
from framework.triggers.kafka.positions import Positions
from framework.triggers.kafka.reasons import Complaints
from framework.triggers.kafka.watch import Watch

log = logging.getLogger(__name__)

State = Literal["connecting", "listening", "degraded", "failed", "stopped"]

TYPE = "KAFKA"
POLL_MS = 500  # how long a stop may go unnoticed
MOST_RECORDS = 100
FIRST_RETRY = 1.0  # seconds
SLOWEST_RETRY = 30.0  # seconds
UNCOMMITTED = "the brokers do not accept the commit of offsets: it is tried again"


class Listener(threading.Thread):
    """Reads Port's topics until the hub's stop flag; `status` may be read by any thread."""

    def __init__(self, connect: Callable[[], Connection], hub: Hub):
        super().__init__(name="trigger-kafka", daemon=True)
        self._connect = connect
        self._stop_flag = hub.stop
        self._complaints = Complaints()
        self._positions = Positions(hub.resync_all)
        self._intake = Intake(hub.accept)
        self._failures = 0  # attempts to connect in a row
        self._refusals = 0  # by the journal, in a row
        self.status = TriggerStatus(TYPE, "connecting")

    def run(self) -> None:
        """Connect again and again, slower each time it fails."""
        with self._complaints:
            while not self._stop_flag.is_set():
                try:
                    self._listen()
                except StoppedError:
                    break
                except Exception as error:  # noqa: BLE001 - a trigger that ends loses all later events
                    self._failures += 1
                    self._say("failed", self._explained(error))
                    self._wait(self._failures)
        self._say("stopped", None)

    def _listen(self) -> None:
        self._complaints.begin()
        with closing(self._connect()) as connection:
            self._complaints.forget()
            self._positions.forget()
            watch = Watch(connection, self._complaints)
            while not self._stop_flag.is_set():
                self._round(connection, watch)
                self._failures = 0

    def _round(self, connection: Connection, watch: Watch) -> None:
        watch.look()
        try:
            self._read(connection, watch)
        except JournalError as error:
            self._refusals += 1
            self._judge(watch, str(error))
            self._wait(self._refusals)
        else:
            self._refusals = 0
            self._judge(watch, None)

    def _read(self, connection: Connection, watch: Watch) -> None:
        batches = self._poll(connection, watch)
        taken = self._intake.take(batches)
        intake.give_back(connection.consumer, batches, taken)
        self._positions.advance(connection.consumer, taken.done)
        if taken.error is not None:
            raise JournalError(taken.error)
        self._positions.settle(connection.consumer)

    def _poll(self, connection: Connection, watch: Watch) -> Batches:
        if not watch.granted:
            self._stop_flag.wait(POLL_MS / 1000)
            return {}
        try:
            polled: Batches = connection.consumer.poll(POLL_MS, MOST_RECORDS)
        except NoOffsetForPartitionError as error:
            self._positions.unsettle(error.args[0])
        except OffsetOutOfRangeError as error:
            self._positions.lost(connection.consumer, error.args[0])
        except TopicAuthorizationFailedError as error:
            watch.refuse(error.args[0])
        else:
            return polled
        return {}

    def _judge(self, watch: Watch, refusal: str | None) -> None:
        behind = UNCOMMITTED if self._positions.are_behind else None
        reasons = [each for each in (watch.silence, watch.topics, refusal, behind) if each]
        if reasons:
            self._say("degraded" if watch.granted else "failed", "; ".join(reasons))
        elif self._positions.are_settled:
            self._say("listening", None)
        else:
            self._say("connecting", None)

    def _wait(self, failures: int) -> None:
        self._stop_flag.wait(backoff.delay(failures, first=FIRST_RETRY, cap=SLOWEST_RETRY))

    def _explained(self, error: Exception) -> str:
        match error:
            case FrameworkError():
                return str(error)
            case KafkaError():
                return self._complaints.explain(error)
            case _:
                log.error("the trigger failed unexpectedly", exc_info=error)
                return f"unexpected: {error!r}; the log says more, please report it"

    def _say(self, state: State, reason: str | None) -> None:
        before = self.status
        self.status = TriggerStatus(TYPE, state, reason, self._intake.counters)
        if (state, reason) == (before.state, before.reason):
            return
        level = logging.WARNING if reason else logging.INFO
        log.log(level, "trigger %s: %s%s", TYPE, state, f": {reason}" if reason else "")
