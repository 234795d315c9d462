"""One connection to the brokers: a consumer for the records, an admin client for the topics.

kafka-python leaves a thread and sockets behind when a constructor fails, and waits for ever for a
broker that keeps silent during the TLS handshake. So we own the network loop: a timer stops it
(which fails every waiting call), and we close what a failed constructor leaves.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaConnectionError, KafkaError, for_code
from kafka.net.compat import KafkaNetClient
from kafka.net.selector import NetworkSelector
from msgspec import Struct

from framework.errors import ConfigError
from framework.triggers.kafka.last_words import Connections

BOOTSTRAP_MS = 5_000  # the library's own limit, which a silent TLS handshake ignores
PATIENCE_SECONDS = 10  # our limit for a call that the library does not bound
CLOSE_SECONDS = 3
CALL_MS = 5_000
LIMITS = {
    "client_id": "integration-framework",
    "bootstrap_timeout_ms": BOOTSTRAP_MS,
    "request_timeout_ms": 15_000,
    "reconnect_backoff_max_ms": 1_000,  # a restarted broker is back after 14 s, not 28
    "metadata_max_age_ms": 60_000,
}
READING = {
    "auto_offset_reset": "none",  # a missing position is an exception: `positions` decides
    "enable_auto_commit": False,
}
WITHOUT = {3: "does not exist", 29: "may not be read with these credentials"}


class Topics(Struct, frozen=True):
    """The topics that can be read, and why each other one is left out."""

    granted: tuple[str, ...]
    left_out: dict[str, str]


class Client:
    """A client of the library together with the network loop it runs on."""

    def __init__(
        self,
        make: Callable[..., Any],
        options: Mapping[str, Any],
        patience_seconds: float = PATIENCE_SECONDS,
    ):
        self._is_dead = threading.Event()
        self._net = NetworkSelector()
        self._network: KafkaNetClient | None = None
        try:
            with self.patience(patience_seconds):
                self.api = make(kafka_client=self._networked, **options)
        except ValueError as error:
            self._release()
            raise ConfigError(f"triggerChannel.brokers: {error}; write host:port") from error
        except BaseException:
            self._release()
            raise

    @contextmanager
    def patience(self, seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
        """Bound the calls inside: once too late, they raise KafkaError, now and for ever."""
        if self._is_dead.is_set():
            raise KafkaConnectionError("timed out earlier; only a new connection can help")
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self, **options: Any) -> None:
        """Take leave of the brokers if they answer, then close every socket."""
        with suppress(KafkaError), self.patience(CLOSE_SECONDS):
            self.api.close(**options)
        self._release()

    def _end(self) -> None:
        self._is_dead.set()
        self._net.stop(timeout_ms=1_000)

    def _networked(self, **options: Any) -> KafkaNetClient:
        self._network = KafkaNetClient(self._net, Connections(self._net, **options))
        # The library does not pass its `allow_auto_create_topics` on to here.
        self._network.cluster.config["allow_auto_create_topics"] = False
        return self._network

    def _release(self) -> None:
        if self._network is not None:
            self._network.close()
        self._net.close()


class Connection:
    """A consumer of one group and the question which of the wanted topics it may read."""

    def __init__(
        self, options: Mapping[str, Any], reading: Mapping[str, Any], wanted: Sequence[str]
    ):
        self._wanted = wanted
        self._admin = Client(KafkaAdminClient, {**LIMITS, **options})
        try:
            self._reader = Client(KafkaConsumer, {**LIMITS, **READING, **options, **reading})
        except BaseException:
            self._admin.close()
            raise
        self.consumer = self._reader.api

    def topics(self) -> Topics:
        """Ask for each topic alone: one that is not granted would stop the others."""
        granted: list[str] = []
        left_out: dict[str, str] = {}
        for topic in self._wanted:
            with self._admin.patience():
                [answer] = self._admin.api.describe_topics([topic])
            if code := answer["error_code"]:
                left_out[topic] = WITHOUT.get(code, for_code(code).__name__)
            else:
                granted.append(topic)
        return Topics(tuple(granted), left_out)

    def ask(self) -> None:
        """Make a round trip on the consumer's own connections; KafkaError if there is no answer."""
        assigned = sorted(self.consumer.assignment())
        if assigned:
            self.consumer.end_offsets(assigned, timeout_ms=CALL_MS)
            self.consumer.committed(assigned[0], timeout_ms=CALL_MS)

    def close(self) -> None:
        """Leave the group and close every socket."""
        self._reader.close(autocommit=False, timeout_ms=2_000)
        self._admin.close()
