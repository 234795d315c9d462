"""Watch one connection: which topics it may read, whether the brokers still answer."""

import time
from collections.abc import Iterable

from kafka.errors import KafkaError

from framework.errors import TransientError
from framework.triggers.kafka.connection import Connection
from framework.triggers.kafka.reasons import Complaints

CALM_SECONDS = 60.0  # between two checks when all is well, or only a topic is left out
WORRIED_SECONDS = 5.0  # when the library complains, or no topic can be read
GIVE_UP_SECONDS = 60.0  # without an answer: a new connection, with new credentials
REFUSED = "may not be read with these credentials"


class Watch:
    """One for each connection; `topics` and `silence` are for operators."""

    def __init__(self, connection: Connection, complaints: Complaints):
        self._connection = connection
        self._complaints = complaints
        self._left_out = dict[str, str]()
        self._looked_at = float("-inf")
        self._silent_since: float | None = None
        self.granted: tuple[str, ...] = ()
        self.silence: str | None = None

    @property
    def topics(self) -> str | None:
        """The topics that are left out and what to do about it, or None."""
        if not self._left_out:
            return None
        each = ", ".join(f"topic {topic!r} {why}" for topic, why in self._left_out.items())
        return f"{each}: ask Port's support to provision it, or check triggerChannel.topics"

    def look(self) -> None:
        """Check when it is time to; raise TransientError if only a new connection can help."""
        worst = self._complaints.worst
        if worst is not None and worst.credentials:
            raise TransientError(str(worst))
        worried = worst or self._silent_since or not self.granted
        now = time.monotonic()
        if now - self._looked_at < (WORRIED_SECONDS if worried else CALM_SECONDS):
            return
        self._looked_at = now
        try:
            topics = self._connection.topics()
            self._left_out = topics.left_out
            self._read(topics.granted)
            self._connection.ask()
        except KafkaError as error:
            self.silence = self._complaints.explain(error)
            self._silent_since = self._silent_since or now
            if now - self._silent_since > GIVE_UP_SECONDS:
                raise TransientError(self.silence) from error
        else:
            self._complaints.forget()
            self.silence = self._silent_since = None

    def refuse(self, topics: Iterable[str]) -> None:
        """Leave out topics that turned out to be unreadable, until the next check."""
        refused = {topic: REFUSED for topic in topics if topic in self.granted}
        if not refused:
            raise TransientError("the brokers refuse topics that are not read any more")
        self._left_out = {**self._left_out, **refused}
        self._read(tuple(topic for topic in self.granted if topic not in refused))

    def _read(self, topics: tuple[str, ...]) -> None:
        if topics == self.granted:
            return
        self.granted = topics
        if topics:
            self._connection.consumer.subscribe(topics)
        else:
            self._connection.consumer.unsubscribe()
