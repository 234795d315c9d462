"""Whatever is killed, at whatever moment: nothing is lost, nothing is deleted too early."""

import signal
import subprocess
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, KafkaConsumer

from framework import state
from framework.process import MARKER
from tests.conftest import alive
from tests.fakes import scripted
from tests.fakes.scripted import Script, gate, items

ME = "scripted"
CONFIG = """
    port:
      baseUrl: sandbox
    triggerChannel:
      type: KAFKA
      brokers: sandbox
    integrationsPath: [integrations]
    integrations:
      - identifier: scripted
        type: scripted
        config:
          folder: {folder}
"""
NAMES = [f"t{number:03}" for number in range(300)]
PAGES = [NAMES[start : start + 100] for start in (0, 100, 200)]


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    return Script(tmp_path_factory.mktemp("script"))


@pytest.fixture(scope="module")
def house(shared_house, script):
    """A house whose catalog is complete."""
    scripted.write(shared_house.folder / "integrations" / "scripted", {"thing": "thing"})
    shared_house.configure(CONFIG.format(folder=script.folder))
    script.reads("thing", *map(items, PAGES))
    shared_house.start()
    shared_house.until("READY")
    shared_house.eventually(lambda: completed(shared_house), 30, "the first resync")
    return shared_house


def completed(house):
    return (house.one(ME)["lastResync"] or {}).get("status") == "completed"


def versions(port):
    return {entity["properties"]["version"] for entity in port.entities("thing").values()}


def ask(house):
    """Ask for a resync in Port; return the event's id once it is recorded."""
    before = from_kafka(house)
    house.port().request_resync(ME)
    house.eventually(lambda: from_kafka(house) != before, 20, "the event")
    return from_kafka(house)[-1]


def from_kafka(house):
    events = [one["event"] for one in house.deliveries(ME)]
    return [event for event in events if event.startswith("kafka:")]


def mappers(house):
    return [one for one in house.relatives() if one.environ()[MARKER].endswith("/mapper")]


def test_a_killed_mapper_is_replaced_and_the_resync_completes(house, script):
    script.reads(
        "thing", items(PAGES[0], "2"), gate("m"), *(items(page, "2") for page in PAGES[1:])
    )
    event = ask(house)
    house.eventually(lambda: script.reached("m") and mappers(house), what="a mapper at work")

    for mapper in mappers(house):
        mapper.kill()
    script.open("m")

    assert house.until_done(event, ME) == 1
    assert house.one(ME)["lastResync"]["status"] == "completed"
    assert versions(house.port()) == {"2"}


def test_a_killed_integration_is_restarted_and_deletes_nothing_before_it_has_read_everything(
    house, script
):
    port, before = house.port(), house.one(ME)
    gone = NAMES[-1]
    first, second, third = (items(page, "3") for page in PAGES)
    script.reads("thing", first, gate("first"), second, third[:-1], gate("last"))
    counts = []

    def reached(name):
        counts.append(len(port.entities("thing")))
        return script.reached(name)

    event = ask(house)
    house.eventually(lambda: reached("first") and "3" in versions(port), what="the first page")
    house.eventually(lambda: house.delivery(event, ME)["state"] == "sent", what="its delivery")
    killed = [one for one in house.family() if one.pid == before["pid"]]
    killed[0].kill()
    script.open("first")
    house.eventually(lambda: reached("last"), what="the second attempt")
    assert gone in port.entities("thing")
    assert house.delivery(event, ME) == {"event": event, "attempt": 2, "state": "sent"}
    script.open("last")

    assert house.until_done(event, ME) == 2
    assert set(counts) == {300}
    assert set(port.entities("thing")) == set(NAMES) - {gone}
    assert versions(port) == {"3"}
    after = house.one(ME)
    assert (after["state"], after["restarts"]) == ("READY", before["restarts"] + 1)
    assert after["pid"] != before["pid"]


def test_a_killed_sandbox_stops_nothing_and_comes_back_where_it_was(house, script):
    script.reads("thing", *(items(page, "4") for page in PAGES))
    house.resync(ME)
    before, entities = house.status()["sandbox"], house.port().entities("thing")
    pid = house.one(ME)["pid"]

    sandbox_process(house).kill()
    house.eventually(lambda: house.status()["sandbox"]["state"] != "ready", 10, "its death")
    assert "status -9" in house.status()["sandbox"]["reason"]
    assert "ECONNREFUSED" in house.until("DEGRADED")["triggers"][0]["reason"]
    house.until("READY")

    assert house.status()["sandbox"] == before | {"restarts": before["restarts"] + 1}
    assert house.port().entities("thing").keys() == entities.keys()
    assert (house.one(ME)["pid"], house.trigger()["state"]) == (pid, "listening")

    script.reads("thing", *(items(page, "5") for page in PAGES))
    house.until_done(ask(house), ME)
    assert versions(house.port()) == {"5"}


def sandbox_process(house):
    return next(one for one in house.family() if "sandbox" in one.cmdline())


def committed(house):
    """Return how far the trigger's group has got, and where the topic ends."""
    brokers = house.status()["sandbox"]["kafka"]
    group = f"org_sandbox.integration-framework.{state.instance(house.state)}"
    with closing(KafkaAdminClient(bootstrap_servers=brokers)) as admin:
        [(partition, position)] = admin.list_group_offsets(group)[group].items()
    with closing(KafkaConsumer(bootstrap_servers=brokers)) as consumer:
        return position.offset, consumer.end_offsets([partition])[partition]


def test_a_supervisor_killed_after_the_commit_finishes_the_delivery_in_its_next_life(house, script):
    script.reads(
        "thing", items(PAGES[0], "6"), gate("s"), *(items(page, "6") for page in PAGES[1:])
    )
    before, events = house.status()["sandbox"], house.trigger()["counters"]["events"]
    event = ask(house)
    house.eventually(lambda: script.reached("s"), what="the handler at its gate")
    assert house.trigger()["counters"]["events"] == events + 1
    house.eventually(lambda: len(set(committed(house))) == 1, what="the commit")
    family = house.family()
    names = {one.name() for one in family}

    house.stop(signal.SIGKILL)

    assert "tansu" in names
    assert len(family) >= 4  # and the sandbox, a mapper, the integration
    house.eventually(lambda: not alive(family), 5, "the end of the family")
    assert house.relatives() == []
    assert house.delivery(event, ME)["state"] == "sent"

    instance = state.instance(house.state)
    stray = subprocess.Popen(["sleep", "600"], env={MARKER: f"{instance}/{ME}"})
    script.open("s")
    house.start()
    house.until("READY")
    assert stray.wait(5) == -signal.SIGKILL
    assert house.until_done(event, ME) == 2
    after = house.status()["sandbox"]
    assert {**before, "restarts": 0} == after
    house.eventually(lambda: versions(house.port()) == {"6"}, what="the whole catalog")
    assert set(house.port().entities("thing")) == set(NAMES)
