import gzip
import logging
import socket
import time

import pytest

from framework.errors import PortUnavailableError
from framework.port.answers import PassingError
from framework.port.calls import Call, Timeouts
from framework.port.settings import Port
from framework.port.transport import Transport

GET = Call("GET", "/organization")
CREATE = Call("POST", "/blueprints", body=b"{}")


@pytest.fixture
def transport(settings):
    transport = Transport(settings, "tests")
    yield transport
    transport.close()


def test_the_answer_comes_back_with_its_status_headers_and_body(port, transport, kit):
    port.script = [kit.Reply(404, {"a": 1}, {"X-Trace-Id": "t"})]

    answer = transport.send(GET, "Bearer x", Timeouts())

    assert (answer.status, answer.body, answer.ok) == (404, b'{"a": 1}', False)
    assert answer.headers["x-trace-id"] == "t"
    assert port.asked[0].headers["user-agent"] == "tests"
    assert port.asked[0].headers["authorization"] == "Bearer x"
    assert "content-type" not in port.asked[0].headers


def test_a_compressed_answer_is_read(port, transport, kit):
    content = b'{"entities": [' + b"1," * 100_000 + b"1]}"
    port.script = [kit.Reply(200, gzip.compress(content), {"Content-Encoding": "gzip"})]

    assert transport.send(GET, "", Timeouts()).body == content


def test_a_netrc_does_not_replace_our_authorization(
    port, settings, transport, tmp_path, monkeypatch
):
    (tmp_path / "netrc").write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    transport._session.trust_env = True

    transport.send(GET, "Bearer x", Timeouts())

    assert port.asked[0].headers["authorization"] == "Bearer x"


def test_the_sandbox_is_not_reached_through_a_proxy(port, settings, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert Transport(settings, "tests").send(GET, "", Timeouts()).ok


def test_a_redirect_is_not_followed(port, transport, kit):
    port.script = [kit.Reply(302, b"", {"Location": port.url + "/elsewhere"})]

    assert transport.send(GET, "", Timeouts()).status == 302
    assert len(port.asked) == 1


@pytest.mark.parametrize("how", [{"drop": True}, {"cut": True}])
def test_a_lost_connection_passes_only_for_calls_that_may_be_repeated(port, transport, kit, how):
    port.script = [kit.Reply(**how), kit.Reply(**how)]

    with pytest.raises(PassingError, match=r"GET /organization.*the connection failed"):
        transport.send(GET, "", Timeouts())
    with pytest.raises(PortUnavailableError) as caught:
        transport.send(CREATE, "", Timeouts())
    assert not isinstance(caught.value, PassingError)


def test_a_cut_compressed_answer_is_a_lost_connection(port, transport, kit):
    half = gzip.compress(b"x" * 1000)[:20]
    port.script = [
        kit.Reply(200, half, {"Content-Encoding": "gzip"}, cut=True),
        kit.Reply(200, b"no gzip", {"Content-Encoding": "gzip"}),
    ]

    for _ in range(2):
        with pytest.raises(PassingError):
            transport.send(GET, "", Timeouts())


def test_a_silent_port_is_waited_for_no_longer_than_the_limit(port, transport, kit):
    port.script = [kit.Reply(gate=port.closing)]

    with pytest.raises(PassingError, match=r"no whole answer within 0\.1 s"):
        transport.send(GET, "", Timeouts(0.1, 0.1))


def test_an_answer_that_drips_ends_at_the_limit(port, transport, kit):
    port.script = [kit.Reply(200, b"x" * 400, drip=True)]
    started = time.monotonic()

    with pytest.raises(PassingError, match="no whole answer"):
        transport.send(GET, "", Timeouts(0.1, 0.2))
    assert time.monotonic() - started < 5


def test_nobody_there_is_said_in_the_systems_words():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()[1]
    transport = Transport(Port(base_url=f"http://localhost:{address}"), "tests")

    with pytest.raises(PassingError, match=r"Connection refused\); check the network"):
        transport.send(GET, "", Timeouts())


def test_a_host_that_never_accepts_is_given_up():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address):
            transport = Transport(Port(base_url=f"http://127.0.0.1:{address[1]}"), "tests")
            with pytest.raises(PassingError, match=r"within 0\.1 s"):
                transport.send(GET, "", Timeouts(0.1, 0.1))


def test_what_does_not_speak_tls_is_named(port, settings):
    tls = Port(base_url=settings.base_url.replace("http:", "https:"))

    with pytest.raises(PassingError, match="TLS failed"):
        Transport(tls, "tests").send(GET, "", Timeouts())


def test_a_proxy_that_fails_is_named(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush@127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    transport = Transport(Port(base_url="https://port.invalid"), "tests")

    with pytest.raises(PassingError, match=r"the proxy failed \(Connection refused\)") as caught:
        transport.send(GET, "", Timeouts())
    assert "hush" not in str(caught.value)


def test_connections_are_kept(port, transport):
    for _ in range(3):
        transport.send(GET, "", Timeouts())
    pools = transport._session.adapters["http://"].poolmanager.pools

    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - no dict


def test_the_log_is_for_us_and_holds_the_trace(port, transport, kit, caplog):
    port.script = [kit.Reply(headers={"X-Trace-Id": "t-9"})]
    with caplog.at_level(logging.DEBUG, "framework"):
        transport.send(GET, "Bearer hush", Timeouts())

    assert "GET /organization: 200 in" in caplog.text
    assert "t-9" in caplog.text
    assert "hush" not in caplog.text
