"""Why the brokers cannot be reached: kafka-python says so only in its own log, so we read that.

A wrong password, a wrong CA and a broker that is down all raise the same error (a time-out).
Most attempts after the first log just "socket disconnected", so the best line is kept.
"""

import logging
from typing import Self

from kafka.errors import GroupAuthorizationFailedError, KafkaError

from framework.triggers.kafka.known import WEAK, Complaint, judge

LIBRARY = logging.getLogger("kafka")
NETWORK = logging.getLogger("kafka.net")
SILENT = (
    "the brokers do not answer: check triggerChannel.brokers, and triggerChannel.securityProtocol"
    " (a plain-text port keeps silent when TLS is spoken to it)"
)
FOREIGN_GROUP = (
    "the brokers do not grant this consumer group: its id begins with the organisation's id, so"
    " check that port.clientId and triggerChannel.brokers belong together"
)


class Complaints(logging.Handler):
    """Keep the line that explains most since the last success; a context manager listens."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.worst: Complaint | None = None
        self._is_old = False

    def __enter__(self) -> Self:
        # The library logs several lines for each try of each broker, where our status says it once;
        # at level DEBUG it logs the password.
        LIBRARY.setLevel(logging.CRITICAL)
        NETWORK.setLevel(logging.WARNING)
        NETWORK.propagate = False
        NETWORK.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        NETWORK.removeHandler(self)
        NETWORK.propagate = True
        for logger in (NETWORK, LIBRARY):
            logger.setLevel(logging.NOTSET)

    def emit(self, record: logging.LogRecord) -> None:
        """Judge a line of the library's log."""
        complaint = judge(record.getMessage())
        if complaint is None:
            return
        outdated = self._is_old and complaint.rank > WEAK
        if self.worst is None or outdated or complaint.rank >= self.worst.rank:
            self.worst, self._is_old = complaint, False

    def begin(self) -> None:
        """Begin an attempt: its reason replaces that of the last one, unless it is weak."""
        self._is_old = True

    def forget(self) -> None:
        """Forget all lines: the brokers answered."""
        self.worst = None

    def explain(self, error: KafkaError) -> str:
        """Return why an attempt failed and what to do next."""
        if isinstance(error, GroupAuthorizationFailedError):
            return f"{FOREIGN_GROUP} ({error})"
        complaints = [each for each in (judge(str(error)), self.worst) if each is not None]
        if not complaints:
            return f"{SILENT} ({error})"
        return str(max(complaints, key=lambda each: each.rank))
