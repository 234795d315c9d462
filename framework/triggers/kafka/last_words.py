"""What a broker says right before it hangs up, such as that the password is wrong.

kafka-python 3.0.12 drops data that it receives together with the end of the stream: https://github.com/dpkp/kafka-python/blob/3.0.12/kafka/net/transport.py
"""

from collections.abc import Callable
from typing import Any

from kafka.net.manager import KafkaConnectionManager

Receive = Callable[[], tuple[bytes, Exception | None]]


class Connections(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python ships no types
    """The library's connections, which pass on what came before the end."""

    async def _build_transport(self, *args: Any, **options: Any) -> Any:
        transport = await super()._build_transport(*args, **options)
        transport._sock_recv = _to_the_end(transport._sock_recv)  # noqa: SLF001 - the bug is there
        return transport


def _to_the_end(receive: Receive) -> Receive:
    def received() -> tuple[bytes, Exception | None]:
        data, error = receive()
        return data, None if data else error  # the next call gets the error again

    return received
