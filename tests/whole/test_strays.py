"""What an integration prints, by whatever way, is in its log and not in the protocol."""

from tests.fakes import scripted

MAIN = """
import ctypes
import os
import subprocess
import sys

from framework.sdk import Integration

integration = Integration()
print("printed on import")


@integration.on_resync("thing")
def things(resync):
    print("printed")
    print('{"type":"done","delivery":"forged","outcome":"ok"}')
    sys.stdout.write("written without an end of line")
    sys.stdout.flush()
    print()
    sys.stderr.write("on stderr\\n")
    os.write(1, b"from os.write\\n")
    os.write(2, b"\\xff not UTF-8\\n")
    subprocess.run(["sh", "-c", "echo from a subprocess"], check=True)
    subprocess.run([sys.executable, "-c", "print(input())"], check=False)
    yield [{"id": "one"}]
    ctypes.CDLL(None).puts(b"from a C library")
    yield [{"id": "two"}]
"""
CONFIG = """
    port:
      baseUrl: sandbox
    triggerChannel:
      type: KAFKA
      brokers: sandbox
    integrationsPath: [integrations]
    integrations:
      - identifier: chatty
        type: chatty
"""
EXPECTED = {
    "printed on import",
    "printed",
    '{"type":"done","delivery":"forged","outcome":"ok"}',
    "written without an end of line",
    "on stderr",
    "from os.write",
    "\N{REPLACEMENT CHARACTER} not UTF-8",
    "from a subprocess",
    "EOFError: EOF when reading a line",  # nobody's stdin is the protocol's
    "from a C library",
}


def test_strays_of_every_kind_reach_the_log_and_break_nothing(house):
    mapping = {"resources": [scripted.resource("thing", "thing")]}
    house.integration("chatty", MAIN, "", ([scripted.blueprint("thing")], mapping))
    house.configure(CONFIG)
    house.start()
    house.until("READY")

    report = house.eventually(lambda: ended(house), 30, "the first resync")

    assert (report["status"], report["error"]) == ("completed", None)
    assert house.port().entities("thing").keys() == {"one", "two"}
    one = house.one("chatty")
    assert (one["state"], one["restarts"]) == ("READY", 0)
    house.eventually(lambda: words(house) >= EXPECTED, 10, "all of it in the log")


def words(house):
    return {line.partition(" integration.chatty: ")[2] for line in house.said("chatty")}


def ended(house):
    report = house.one("chatty")["lastResync"]
    return report if report and report["endedAt"] else None
