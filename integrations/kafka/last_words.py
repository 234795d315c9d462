"""The last bytes that a broker sends before it closes, such as that the password is wrong.

kafka-python 3.0.12 drops what it has received if the end of the stream arrives with it:
https://github.com/dpkp/kafka-python/blob/3.0.12/kafka/net/transport.py
"""

from collections.abc import Callable
from typing import Any

from kafka.net.manager import KafkaConnectionManager

Receive = Callable[[], tuple[bytes, Exception | None]]


class Connections(KafkaConnectionManager):
    """The library's connections, without that loss."""

    async def _build_transport(self, *args: Any, **options: Any) -> Any:
        transport = await super()._build_transport(*args, **options)
        transport._sock_recv = _to_the_end(transport._sock_recv)  # noqa: SLF001 - the bug is there
        return transport


def _to_the_end(receive: Receive) -> Receive:
    def received() -> tuple[bytes, Exception | None]:
        data, error = receive()
        return data, None if data else error  # the socket reports the error again on the next read

    return received
