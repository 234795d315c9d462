"""Whoever of the supervisor's family is killed: the rest goes with it, the next life goes on.

One house in several lives; in each of them an integration is at work, with programs of its own.
"""

import os
import signal

import psutil
import pytest

from framework.console import client
from tests.conftest import alive
from tests.fakes.children import gone
from tests.faults import illnesses, looks
from tests.faults.illnesses import LEAVE_BEHIND, WELL, at_work

AT_ONCE = 5  # s
STOP = 30  # s
# Also starts one that nobody knows by its environment; waits until the test is through with it.
CLINGS = at_work(
    LEAVE_BEHIND
    + """
if LIFE == 1:
    anonymous = subprocess.Popen(["sleep", "600"], env={}, start_new_session=True)
    (here / "anonymous").write_text(str(anonymous.pid))
(here / f"working-{LIFE}").touch()
while not (here / "free").exists():
    time.sleep(0.05)
""",
    lives="True",
)
EVERYONE = {"clings": CLINGS, "stopped": WELL, "paused": WELL, "well": WELL}


@pytest.fixture(scope="module")
def house(shared_house):
    illnesses.admit(shared_house, EVERYONE)
    return shared_house


def begin(house):
    """Start the next life, unless a test that failed has left the one before."""
    assert house.process is None or house.process.poll() is not None
    house.start(guarded=True)


class Life:
    """A supervisor with its guard and everything that runs below them, once all is at work."""

    def __init__(self, house, number):
        working = illnesses.place(house, "clings") / f"working-{number}"
        house.eventually(working.exists, 60, f"the handler at work in life {number}")
        house.eventually(lambda: looks.until_ready(house, "well"), 30, "the one that is well")
        self.guard = psutil.Process(house.process.pid)
        self.supervisor = psutil.Process(house.supervisor())
        self.left = illnesses.left(house, "clings", number)
        self.family = alive(self.guard.children(recursive=True))

    @property
    def survivors(self):
        return alive([self.guard, *self.family])


def wishes(house):
    """Return what operators want, and what is so."""
    found = (house.one(name) for name in ("stopped", "paused", "well"))
    return [(one["desired"], one["state"], one["pid"] is not None) for one in found]


AS_WISHED = [("stop", "STOPPED", False), ("pause", "READY", True), ("run", "READY", True)]


def test_the_kill_of_a_guarded_supervisor_takes_everything_with_it(house):
    begin(house)
    for name in ("stopped", "paused", "well"):
        looks.until_over(house, name)
    assert house.command("stop", "stopped").returncode == 0
    assert house.command("pause", "paused").returncode == 0
    assert wishes(house) == AS_WISHED
    life = Life(house, 1)
    anonymous = int((illnesses.place(house, "clings") / "anonymous").read_text())
    names = {one.name() for one in life.family}

    life.supervisor.kill()

    assert house.process.wait(AT_ONCE) == 128 + signal.SIGKILL
    assert "tansu" in names
    assert {anonymous, *life.left} <= {one.pid for one in life.family}
    assert len(life.left) == 3
    assert life.survivors == []
    assert house.relatives() == []


def test_the_kill_of_the_guard_stops_the_supervisor_and_everything_with_it(house):
    begin(house)
    life = Life(house, 2)
    house.eventually(lambda: wishes(house) == AS_WISHED, 30, "what was wanted in the life before")

    life.guard.kill()
    house.process.wait(AT_ONCE)

    house.eventually(lambda: not life.survivors, STOP, "the end of the family")
    assert house.relatives() == []
    assert "stopping" in looks.own_words(house)


def test_what_the_kill_of_both_leaves_behind_is_ended_by_the_next_supervisor(house):
    begin(house)
    life = Life(house, 3)

    os.kill(life.guard.pid, signal.SIGSTOP)  # or it might be faster than the second kill
    life.supervisor.kill()
    life.guard.kill()
    house.process.wait(AT_ONCE)
    left = set(map(psutil.Process, life.left))
    house.eventually(lambda: set(life.survivors) <= left, AT_ONCE, "the end of what we started")

    begin(house)
    Life(house, 4)
    assert life.survivors == []
    assert "that an earlier run left behind were killed" in looks.own_words(house)


def test_a_second_sigterm_ends_everything_at_once(house):
    family = psutil.Process(house.process.pid).children(recursive=True)

    house.process.send_signal(signal.SIGTERM)
    house.eventually(lambda: house.status()["state"] == "STOPPING", 10, "the stop")

    assert house.stop(signal.SIGTERM, AT_ONCE) == 128 + signal.SIGTERM
    assert alive(family) == []
    assert house.relatives() == []


def test_after_all_of_it_nothing_is_lost_and_every_wish_stands(house):
    (illnesses.place(house, "clings") / "free").touch()
    begin(house)
    port = house.eventually(lambda: house.status() and house.port(), 60, "Port")
    attempts = looks.until_over(house, "clings")
    house.eventually(lambda: wishes(house) == AS_WISHED, 30, "what was wanted")

    assert attempts[0] == (5, "done")
    assert "clings" in port.entities(illnesses.KIND)


def test_a_pause_keeps_deliveries_until_it_is_over(house):
    paused = house.one("paused")["pid"]
    event = client.resync(house.state, "paused")
    house.resync("well")
    assert house.delivery(event, "paused")["state"] == "pending"

    assert house.command("resume", "paused").returncode == 0
    assert house.until_done(event, "paused") == 1
    assert (house.one("paused")["desired"], house.one("paused")["pid"]) == ("run", paused)


def test_a_start_brings_a_stopped_one_back_with_what_it_missed(house):
    missed = client.resync(house.state, "stopped")
    assert house.command("start", "stopped").returncode == 0

    house.until_done(missed, "stopped")
    assert (house.one("stopped")["desired"], house.one("stopped")["state"]) == ("run", "READY")
    assert set(house.port().entities(illnesses.KIND)) == set(EVERYONE)


def test_a_restart_replaces_one_process_and_no_other(house):
    before = {name: house.one(name)["pid"] for name in EVERYONE}
    assert house.command("restart", "well").returncode == 0
    after = {name: house.one(name)["pid"] for name in EVERYONE}

    assert gone(before["well"])
    assert looks.processes(house, "well") == [after["well"]]
    assert {**before, "well": after["well"]} == after
    assert looks.fell(house, "well", "STOPPING")["reason"] == "restarted by an operator"


def test_a_killed_process_of_a_stopping_integration_stays_stopped(house):
    pid = house.one("well")["pid"]
    os.kill(pid, signal.SIGSTOP)
    client.desire(house.state, "well", "stop")
    looks.until_fallen(house, "well", "STOPPING", AT_ONCE)
    os.kill(pid, signal.SIGKILL)
    looks.until_fallen(house, "well", "STOPPED", AT_ONCE)

    told = [(one["from"], one["to"]) for one in house.transitions("well")[:2]]
    assert told == [("STOPPING", "STOPPED"), ("READY", "STOPPING")]
    assert house.one("well")["desired"] == "stop"
    assert looks.processes(house, "well") == []


def test_the_last_stop_ends_with_0_and_leaves_nothing(house):
    family = psutil.Process(house.process.pid).children(recursive=True)

    assert house.stop(signal.SIGTERM) == 0
    assert alive(family) == []
    assert house.relatives() == []
