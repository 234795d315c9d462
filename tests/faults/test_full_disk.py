"""A full disk costs log lines and holds events back; processes do not notice, nothing is lost."""

import os
import subprocess

import pytest

from framework.console import client
from framework.errors import FrameworkError
from tests.faults import illnesses, looks
from tests.faults.illnesses import WELL, at_work

FULL = "/dev/full"
SIZE = "64m"
SOON = 30  # s
CHATTY = at_work(
    """
    for number in range(500):
        print("line", number)
    """,
    lives="True",
)


def processes(house):
    return [(one["pid"], one["restarts"]) for one in house.status()["integrations"]]


def test_a_log_that_cannot_be_written_holds_nobody_up(house):
    logs = house.state / "logs"
    logs.mkdir(parents=True)
    (logs / "chatty.log").symlink_to(FULL)
    illnesses.admit(house, {"chatty": CHATTY, "well": WELL})
    house.start()
    house.until("READY")
    assert looks.until_over(house, "chatty") == [(1, "done")]
    assert looks.until_over(house, "well") == [(1, "done")]
    assert f"{logs / 'chatty.log'}: No space left on device" in house.log.read_text()
    assert "line 499" in house.log.read_text()
    assert "READY" in looks.log(house, "well")
    before = processes(house)

    (logs / "chatty.log").unlink()
    assert house.resync("chatty")["status"] == "completed"

    house.eventually(lambda: "line 499" in looks.log(house, "chatty"), SOON, "its log")
    assert "lines are missing here: No space left on device" in looks.log(house, "chatty")
    assert processes(house) == before
    assert house.stop() == 0


@pytest.fixture
def small_disk(house):
    """Let the state folder be on a file system of its own, which a test can fill."""
    house.state.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(house.state)]
    subprocess.run(mount, check=True, timeout=SOON)
    yield house.state
    house.end()
    subprocess.run(["umount", str(house.state)], check=True, timeout=SOON)


def fill(folder):
    """Leave no byte; return the file that takes them all."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        for size in (1 << 20, 1 << 12, 1):
            fill_with(file, bytes(size))
    return ballast


def fill_with(file, block):
    try:
        while True:
            os.write(file.fileno(), block)
    except OSError:
        return


@pytest.mark.root
def test_what_cannot_be_recorded_is_refused_and_what_was_recorded_is_done_later(house, small_disk):
    illnesses.admit(house, {"chatty": CHATTY, "well": WELL})
    house.start()
    house.until("READY")
    for name in ("chatty", "well"):
        assert looks.until_over(house, name) == [(1, "done")]
    before = processes(house)

    ballast = fill(small_disk)
    with pytest.raises(FrameworkError, match=r"journal.*(full|space)"):
        record_until_refused(house)
    requested = house.trigger()["counters"]["events"]
    house.port().request_resync("well")
    house.eventually(lambda: house.status()["state"] == "DEGRADED", SOON, "the whole to say so")
    assert processes(house) == before

    ballast.unlink()
    house.eventually(
        lambda: house.trigger()["counters"]["events"] == requested + 1, SOON, "the event"
    )
    house.until("READY")
    looks.until_over(house, "chatty")
    looks.until_over(house, "well")
    assert processes(house) == before
    assert house.one("well")["lastResync"]["status"] == "completed"
    assert "Traceback" not in looks.own_words(house)
    assert house.stop() == 0


def record_until_refused(house):
    for _ in range(100):  # what the journal has already taken room for
        client.resync(house.state, "chatty")


@pytest.fixture
def read_only(house):
    """Return what makes the state folder read-only for whatever is opened from then on."""

    def read_only():
        for options in (["--bind"], ["-o", "remount,bind,ro"]):
            mount = ["mount", *options, str(house.state), str(house.state)]
            subprocess.run(mount, check=True, timeout=SOON)

    yield read_only
    house.end()
    subprocess.run(["umount", str(house.state)], check=True, timeout=SOON)


@pytest.mark.root
def test_a_stop_is_orderly_although_the_disk_has_become_read_only(house, read_only):
    illnesses.admit(house, {"chatty": CHATTY, "well": WELL})
    house.start()
    house.until("READY")
    for name in ("chatty", "well"):
        assert looks.until_over(house, name) == [(1, "done")]

    read_only()
    assert house.stop() == 0
    assert "Traceback" not in house.log.read_text()
    assert house.relatives() == []
