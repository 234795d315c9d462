"""A supervisor that is ended early, or has to end, or has to do without a part."""

import signal
import socket
from contextlib import closing

from tests.conftest import alive
from tests.fakes import scripted
from tests.fakes.scripted import Script, items

SANDBOX = """
    port:
      baseUrl: sandbox
    sandbox:
      port: {port}
    integrations: []
"""
NOWHERE = """
    port: {clientId: me, clientSecret: secret, baseUrl: "http://127.0.0.1:9"}
    triggerChannel: {type: KAFKA, brokers: "127.0.0.1:9", securityProtocol: PLAINTEXT}
"""
STUBBORN = """
import time

from framework.sdk import Integration

integration = Integration()


@integration.on_resync("thing")
def things(resync):
    while True:
        time.sleep(1)
"""
WITH_STUBBORN = """
    port:
      baseUrl: sandbox
    triggerChannel:
      type: KAFKA
      brokers: sandbox
    integrationsPath: [integrations]
    integrations:
      - {identifier: stubborn, type: stubborn}
"""
DEAF = """
    port:
      baseUrl: sandbox
    triggerChannel: {{type: KAFKA, brokers: "127.0.0.1:9", securityProtocol: PLAINTEXT}}
    integrationsPath: [integrations]
    integrations:
      - {{identifier: scripted, type: scripted, config: {{folder: {folder}}}}}
"""


def test_a_stop_while_the_sandbox_starts_ends_it_with_0_and_everything_with_it(house):
    house.configure(SANDBOX.format(port=0))
    house.start()
    house.eventually(lambda: (house.state / "instance").exists() and house.family(), 20, "a child")
    family = house.family()

    assert house.stop(signal.SIGTERM) == 0
    assert alive(family) == []
    assert "READY" not in house.log.read_text()


def test_a_sandbox_that_cannot_start_ends_the_supervisor_with_the_reason(house):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        house.configure(SANDBOX.format(port=port))
        house.start()
        assert house.process.wait(60) == 1

    log = house.log.read_text()
    assert "error: the sandbox did not start" in log
    assert str(port) in log
    assert "Traceback" not in log


def test_a_journal_that_cannot_be_read_ends_the_supervisor_with_what_to_do(house):
    house.configure(NOWHERE)
    house.state.mkdir()
    (house.state / "journal.sqlite").write_text("this is not a database, it is a text")
    house.start()

    assert house.process.wait(60) == 1
    log = house.log.read_text()
    assert "journal.sqlite: file is not a database; " in log
    assert "Traceback" not in log


def test_a_trigger_that_is_down_holds_nothing_back(house):
    Script(house.folder / "script").reads("thing", items(["a"]))
    scripted.write(house.folder / "integrations" / "scripted", {"thing": "thing"})
    house.configure(DEAF.format(folder=house.folder / "script"))
    house.start()

    status = house.until("DEGRADED")
    house.eventually(lambda: house.port().entities("thing"), 30, "the first resync")

    [trigger] = status["triggers"]
    assert "nothing listens at a broker's address" in trigger["reason"]
    assert house.stop() == 0


def test_a_second_ctrl_c_ends_everything_at_once_whatever_does_not_listen(house):
    mapping = {"resources": [scripted.resource("thing", "thing")]}
    house.integration("stubborn", STUBBORN, "", ([scripted.blueprint("thing")], mapping))
    house.configure(WITH_STUBBORN)
    house.start()
    house.until("READY")
    house.eventually(lambda: house.one("stubborn")["lastResync"], 30, "a resync at work")
    family = house.family()

    house.process.send_signal(signal.SIGINT)
    house.eventually(lambda: house.status()["state"] == "STOPPING", 10, "the stop")

    assert house.stop(signal.SIGINT, 5) == 128 + signal.SIGINT
    house.eventually(lambda: not alive(family), 5, "the end of the family")
