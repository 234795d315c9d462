import select
import socket
from types import SimpleNamespace

import pytest
from kafka.net.selector import NetworkSelector

from framework.triggers.kafka.last_words import Connections


@pytest.fixture
def transport():
    """Bytes and the end of the stream, both there before anyone looks."""
    net = NetworkSelector()
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        node = SimpleNamespace(host=host, port=port)
        connections = Connections(net, bootstrap_servers=f"{host}:{port}")
        transport = net.run(connections._build_transport, node)
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"your password is wrong")
        select.select([transport._sock], [], [], 5)
        yield transport
        transport.abort()
    net.close()


def test_what_a_broker_says_before_it_hangs_up_is_received_and_then_the_end(transport):
    assert transport._sock_recv() == (b"your password is wrong", None)

    data, error = transport._sock_recv()
    assert data == b""
    assert str(error) == "KafkaConnectionError: socket disconnected"
