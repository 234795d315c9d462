"""SIGHUP at any moment, and any number of them, is a reload and never an end."""

import os
import signal
from pathlib import Path

import pytest

from tests.conftest import eventually

NOWHERE = """
    port: {clientId: me, clientSecret: secret, baseUrl: "http://127.0.0.1:9"}
    triggerChannel: {brokers: "127.0.0.1:9", securityProtocol: PLAINTEXT}
"""
SOON = 30  # s


def holds_hangups(pid):
    """Tell whether SIGHUP waits until this process takes it."""
    if b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
        return True  # it waits for signals, which does not show as blocking them
    status = Path(f"/proc/{pid}/status").read_text()
    blocked = next(line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(blocked, 16) & 1 << (signal.SIGHUP - 1))


@pytest.mark.parametrize("guarded", [False, True])
def test_a_hangup_in_the_first_second_of_a_start_is_a_reload(house, guarded):
    house.configure(NOWHERE)
    house.start(guarded=guarded)
    eventually(lambda: holds_hangups(house.process.pid), SOON)
    house.process.send_signal(signal.SIGHUP)

    house.until("DEGRADED", SOON)
    house.eventually(lambda: "reloaded; unchanged: 0" in house.log.read_text(), SOON)
    assert house.stop() == 0


def test_a_stop_in_the_first_second_of_a_start_is_a_stop_in_order(house):
    house.configure(NOWHERE)
    house.start()
    eventually(lambda: holds_hangups(house.process.pid), SOON)

    assert house.stop(seconds=SOON) == 0


def test_thousands_of_hangups_are_a_few_reloads(house):
    house.configure(NOWHERE)
    house.start()
    house.until("DEGRADED", SOON)
    for _ in range(3000):
        os.kill(house.process.pid, signal.SIGHUP)
    house.eventually(lambda: "reloaded; " in house.log.read_text(), SOON)

    assert house.stop() == 0
    assert house.log.read_text().count("reloaded; ") < 30
