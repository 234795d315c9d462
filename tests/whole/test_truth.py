"""What a resync says is what has become of it, and nothing goes because of half a picture."""

import json

import pytest

from framework.console import client
from tests.fakes import scripted
from tests.fakes.scripted import Script, fail, gate, items

# By integration: which blueprint each kind fills.
TYPES = {
    "half": {"alpha": "alpha", "beta": "beta"},
    "twins": {"one": "common", "two": "common"},
    "many": {"mass": "mass"},
    "patient": {"page": "page"},
}
ENDS_WITHIN = 60
BACK_WITHIN = 60
NAMES = [f"n{number:04}" for number in range(2000)]


@pytest.fixture(scope="module")
def house(shared_house, outside):
    """Four integrations whose catalogs are complete."""
    integrations = []
    for name, kinds in TYPES.items():
        scripted.write(shared_house.folder / "integrations" / name, kinds)
        script = Script(shared_house.folder / name)
        for kind in kinds:
            script.reads(kind, items([f"{kind}{number}" for number in range(5)]))
        config = {"folder": str(script.folder)}
        integrations.append({"identifier": name, "type": name, "config": config})
    ours = {"integrationsPath": ["integrations"], "integrations": integrations}
    shared_house.config.write_text(json.dumps(outside.sections | ours))
    shared_house.start()
    shared_house.until("READY")
    for name in TYPES:
        shared_house.eventually(lambda name=name: completed(shared_house, name))
    return shared_house


def completed(house, name):
    return (house.one(name)["lastResync"] or {}).get("status") == "completed"


def script(house, name):
    return Script(house.folder / name)


def kinds(report):
    return {kind["kind"]: kind for kind in report["kinds"]}


def test_a_kind_that_fails_half_way_keeps_its_entities_and_the_other_is_complete(house, outside):
    half = script(house, "half")
    half.reads("alpha", items(["alpha0", "alpha1", "new"], "2"))
    half.reads("beta", items(["beta0"], "2"), fail("the source fell over"))

    report = house.resync("half")

    assert report["status"] == "failed"
    assert "RuntimeError: the source fell over" in report["error"]
    assert kinds(report)["alpha"]["error"] is None
    assert kinds(report)["alpha"]["deleted"] == 3
    assert "the source fell over" in kinds(report)["beta"]["error"]
    assert outside.port.resync_state("half") == "failed"
    assert outside.port.entities("alpha").keys() == {"alpha0", "alpha1", "new"}
    assert outside.port.entities("beta").keys() == {f"beta{number}" for number in range(5)}


def test_the_reason_of_a_failure_is_in_the_table_that_operators_see(house):
    half = script(house, "half")
    half.reads("beta", fail("the source fell over"))
    house.resync("half")

    [line] = [one for one in house.command("status").stdout.splitlines() if " half " in one]

    assert "failed" in line
    assert "the source fell over" in line


def test_of_a_blueprint_that_two_kinds_fill_nothing_goes_while_one_fails(house, outside):
    twins = script(house, "twins")
    twins.reads("one", items(["one0"], "2"))
    twins.reads("two", fail("not today"))
    everything = {f"{kind}{number}" for kind in ("one", "two") for number in range(5)}

    assert house.resync("twins")["status"] == "failed"
    assert outside.port.entities("common").keys() == everything

    twins.reads("two", items(["two0"], "2"))
    assert house.resync("twins")["status"] == "completed"
    assert outside.port.entities("common").keys() == {"one0", "two0"}


def test_two_thousand_refused_entities_fail_the_resync_and_it_ends(house, outside):
    script(house, "many").reads("mass", items(NAMES))
    outside.proxy.refuse = lambda _, path: 500 if "/mass/entities/bulk" in path else None
    before = house.one("many")["lastResync"]
    event = client.resync(house.state, "many")

    house.eventually(
        lambda: ended(house, "many") not in {None, before["endedAt"]}, ENDS_WITHIN, "its end"
    )

    report = house.one("many")["lastResync"]
    [kind] = report["kinds"]
    assert report["status"] == "failed"
    assert (kind["items"], kind["failed"], kind["deleted"]) == (2000, 2000, 0)
    assert "500" in kind["error"]
    assert outside.port.resync_state("many") == "failed"
    assert outside.port.entities("mass").keys() == {f"mass{number}" for number in range(5)}

    outside.proxy.refuse = lambda _method, _path: None
    assert house.until_done(event, "many", BACK_WITHIN) >= 2
    assert house.one("many")["lastResync"]["status"] == "completed"
    assert outside.port.entities("mass").keys() == set(NAMES)


def ended(house, name):
    return house.one(name)["lastResync"]["endedAt"]


def test_a_port_that_goes_away_leaves_the_delivery_pending_until_it_is_back(house, outside):
    patient = script(house, "patient")
    pages = [NAMES[:100], NAMES[100:200]]
    patient.reads("page", items(pages[0]), gate("away"), items(pages[1]))
    event = client.resync(house.state, "patient")
    house.eventually(lambda: patient.reached("away"), what="the gate")

    outside.proxy.down()
    patient.open("away")
    house.eventually(
        lambda: house.delivery(event, "patient")["state"] == "pending", ENDS_WITHIN, "it goes back"
    )
    report = house.one("patient")["lastResync"]
    outside.proxy.up()

    assert report["status"] == "failed"
    assert "Connection refused" in report["error"]
    assert house.until_done(event, "patient", BACK_WITHIN) == 2
    assert house.one("patient")["lastResync"]["status"] == "completed"
    assert outside.port.resync_state("patient") == "completed"
    assert outside.port.entities("page").keys() == {*pages[0], *pages[1]}


def test_a_stop_in_the_middle_is_told_to_port_and_the_next_run_goes_on(house, outside):
    patient = script(house, "patient")
    patient.reads("page", items(NAMES[:100], "2"), gate("stop"), items(NAMES[100:150], "2"))
    event = client.resync(house.state, "patient")
    house.eventually(lambda: patient.reached("stop"), what="the gate")

    assert house.stop() == 0
    assert outside.port.resync_state("patient") == "aborted"
    assert house.delivery(event, "patient")["state"] == "pending"
    assert len(outside.port.entities("page")) == 200

    patient.open("stop")
    house.start()
    house.until("READY")
    assert house.until_done(event, "patient") == 2
    house.eventually(lambda: outside.port.resync_state("patient") == "completed", what="the end")
    assert len(outside.port.entities("page")) == 150
