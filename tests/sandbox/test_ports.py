import socket
from contextlib import closing

import pytest

from framework.errors import ConfigError
from framework.sandbox import ports


def number(listener: socket.socket) -> int:
    return listener.getsockname()[1]


def test_a_free_port_is_below_those_of_outgoing_connections():
    with closing(ports.claim(0, 0, "sandbox.port")) as listener:
        assert number(listener) in ports.RANGE
        assert listener.getsockname()[0] == "127.0.0.1"


def test_the_port_of_last_time_is_used_again_even_after_connections():
    with closing(ports.claim(0, 0, "sandbox.port")) as first:
        wanted = number(first)
        client = socket.create_connection(("127.0.0.1", wanted))
        first.accept()[0].close()
        client.close()
    with closing(ports.claim(0, wanted, "sandbox.port")) as second:
        assert number(second) == wanted


def test_a_remembered_port_that_is_taken_is_replaced():
    with (
        closing(ports.claim(0, 0, "sandbox.port")) as first,
        closing(ports.claim(0, number(first), "sandbox.port", 0.1)) as second,
    ):
        assert number(second) != number(first)


def test_a_configured_port_that_is_taken_is_told():
    with (
        closing(ports.claim(0, 0, "sandbox.port")) as first,
        pytest.raises(ConfigError, match=r"sandbox\.port: 127\.0\.0\.1:\d+: .*in use"),
    ):
        ports.claim(number(first), 0, "sandbox.port", 0.1)
