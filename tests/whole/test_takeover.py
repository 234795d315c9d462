"""The state folder of an earlier version is taken over as it is."""

import json
import sqlite3
from contextlib import closing

import pytest

from framework import state
from tests.fakes import recorded
from tests.fakes.scripted import Script, items

NAMES = ("works", "rests", "stopped", "returned")
TRANSITIONS = "SELECT body FROM transitions WHERE identifier = ? ORDER BY number DESC"
RESYNCS = "SELECT body FROM resyncs WHERE identifier = ?"


@pytest.fixture(scope="module")
def left(shared_house):
    """What an earlier supervisor left: its instance, its files, its entries in the journal."""
    recorded.lay_out("0.1", shared_house.folder, shared_house.state)
    for name in NAMES[:3]:
        Script(shared_house.folder / name).reads("thing", items([f"{name}-1", f"{name}-3"]))
    return {
        "instance": state.instance(shared_house.state),
        "files": environment_files(shared_house),
        "current": {name: current(shared_house, name) for name in NAMES},
        "deliveries": {name: shared_house.deliveries(name) for name in NAMES},
        "transitions": {name: bodies(shared_house, TRANSITIONS, name) for name in NAMES},
        "resyncs": {name: bodies(shared_house, RESYNCS, name) for name in NAMES},
    }


@pytest.fixture(scope="module")
def house(shared_house, left):
    shared_house.start()
    shared_house.until("DEGRADED", 60)  # one of them has gone back to its environment
    return shared_house


def environment_files(house):
    root = house.state / "environments"
    places = ("envs/*/.ready", "locks/in-use/*/*", "history/*")
    return {str(path): path.read_text() for place in places for path in root.glob(place)}


def current(house, name):
    return json.loads((house.state / "environments" / "current" / f"{name}.json").read_text())


def bodies(house, query, name):
    """Return what the journal's file holds for an integration."""
    with closing(sqlite3.connect(house.state / "journal.sqlite")) as connection:
        rows = connection.execute(query, [name]).fetchall()
    return [json.loads(body) for (body,) in rows]


def test_the_instance_is_kept(house, left):
    assert state.instance(house.state) == left["instance"]
    assert house.trigger()["state"] == "listening"
    assert house.relatives()


def test_each_runs_in_the_environment_it_ran_in_and_no_uv_is_started(house, left):
    started = ("works", "rests", "returned")
    running = {name: house.one(name)["environment"] for name in started}

    assert running == {name: left["current"][name]["environment"]["key"] for name in started}
    assert {name: current(house, name) for name in NAMES} == left["current"]
    assert environment_files(house) == left["files"]
    # made before uv resolves or builds anything
    assert not (house.state / "environments" / "uv-cache").exists()
    assert not (house.state / "environments" / "build").exists()


def test_an_environment_that_was_refused_stays_refused(house, left):
    found = house.one("returned")

    assert found["state"] == "DEGRADED"
    assert left["current"]["returned"]["bad"]["reason"] in found["reason"]
    assert "No module named 'six'" in found["reason"]


def test_the_environment_to_go_back_to_is_known(house):
    listed = json.loads(house.command("env", "list", "--json").stdout)

    uses = {one["packages"][0]: (one["usedBy"], one["previousOf"]) for one in listed}
    users = ["rests", "stopped", "works"]
    assert uses["six==1.16.0"] == ([], users)
    assert uses["six==1.17.0"] == (sorted(["returned", *users]), [])


def test_deliveries_that_were_not_done_are_done(house, left):
    done, sent, pending = left["deliveries"]["works"]
    assert [one["state"] for one in (done, sent, pending)] == ["done", "sent", "pending"]

    assert house.until_done(sent["event"], "works") == sent["attempt"] + 1
    house.until_done(pending["event"], "works")

    assert house.delivery(done["event"], "works") == done
    assert house.one("works")["lastResync"]["status"] == "completed"
    found = {one for one in house.port().entities("thing") if one.startswith("works")}
    assert found == {"works-1", "works-3"}


def test_what_operators_wanted_holds(house, left):
    stopped, rests = house.one("stopped"), house.one("rests")
    assert (stopped["desired"], stopped["state"], stopped["pid"]) == ("stop", "STOPPED", None)
    assert stopped["lastResync"] == left["resyncs"]["stopped"][0]
    assert rests["desired"] == "pause"
    _, pending = left["deliveries"]["rests"]
    assert house.delivery(pending["event"], "rests") == pending

    assert house.command("resume", "rests").returncode == 0

    assert house.until_done(pending["event"], "rests") == 1
    assert "stopped-2" in house.port().entities("thing")


def test_the_states_of_earlier_lives_are_shown(house, left):
    for name in NAMES:
        before = left["transitions"][name]
        shown = [one for one in house.transitions(name) if one in before]

        assert shown == before[: len(shown)] != []
        assert bodies(house, TRANSITIONS, name)[-len(before) :] == before
