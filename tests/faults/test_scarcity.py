"""A machine that runs short of open files: no failure of the integration, and nobody stops."""

import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from framework.console import client
from tests.conftest import eventually
from tests.fakes.children import gone
from tests.faults import illnesses, looks
from tests.faults.illnesses import WELL, at_start

NOWHERE = {
    "port": {"clientId": "me", "clientSecret": "secret", "baseUrl": "http://127.0.0.1:9"},
    "triggerChannel": {
        "type": "KAFKA",
        "brokers": "127.0.0.1:9",
        "securityProtocol": "PLAINTEXT",
    },
}
SOON = 30  # s
ROOM = 5 << 20  # bytes that may be logged about a shortage
# Grows when it is told to.
GROWS = at_start("""
    def grow():
        while not (here / "grow").exists():
            time.sleep(0.1)
        globals()["held"] = b"x" * (100 << 20)

    threading.Thread(target=grow, daemon=True).start()
""")
EVERYONE = {"well": WELL, "victim": WELL, "grows": GROWS}


@pytest.fixture(scope="module")
def house(shared_house):
    illnesses.admit(shared_house, EVERYONE, limits={"memorySoft": "60MiB"}, **NOWHERE)
    shared_house.start()
    for name in EVERYONE:
        looks.until_serving(shared_house, name)
    return shared_house


@pytest.fixture(scope="module")
def before(house):
    return {name: house.one(name) for name in EVERYONE}


@pytest.fixture
def no_more_files(house, before):
    """Let the supervisor open nothing, until the returned function is called."""
    supervisor = house.supervisor()
    before = resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (3, hard(supervisor)))

    def enough():
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, before)

    yield enough
    enough()


def hard(pid):
    return resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]


def test_a_process_that_cannot_be_started_for_want_of_files_is_tried_again_and_not_blamed(
    house, before, no_more_files
):
    killed = before["victim"]["pid"]
    os.kill(killed, signal.SIGKILL)
    house.eventually(lambda: gone(killed), SOON, "its death")
    with ThreadPoolExecutor() as operators:
        asked = operators.submit(client.status, house.state)
        until_said_twice(house, "this machine cannot start another process: Too many open files")
        no_more_files()
        assert asked.result(SOON)["state"] == "DEGRADED"
    pid = looks.until_serving(house, "victim", SOON)["pid"]

    told = looks.fell(house, "victim", "BACKOFF")
    assert told["reason"].startswith(
        "this machine cannot start another process: Too many open files; look at its limits"
    )
    assert looks.processes(house, "victim") == [pid]
    assert house.one("victim")["restarts"] == 1
    for name in ("well", "grows"):
        assert (house.one(name)["pid"], house.one(name)["restarts"]) == (before[name]["pid"], 0)
    assert house.log.stat().st_size < ROOM


def until_said_twice(house, words):
    """Wait without asking the supervisor, which cannot answer: stderr was open before."""
    eventually(lambda: house.log.read_text().count(words) >= 2, SOON, lambda: words)


def test_afterwards_every_part_of_the_supervisor_works_again(house):
    """Its console, its journal, its logs, its stacks, and the one that measures memory."""
    (illnesses.place(house, "grows") / "grow").touch()
    told = looks.until_fallen(house, "grows", "STOPPING", SOON)
    assert "over the soft limit of 60 MiB" in told["reason"]
    assert "ill" not in client.stacks(house.state, "well")
    assert house.command("restart", "well").returncode == 0
    assert "restarted by an operator" in looks.log(house, "well")
    assert client.resync(house.state, "well")
    assert house.stop() == 0
    assert house.relatives() == []
