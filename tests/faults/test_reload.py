"""A reload touches what has changed, and nothing else; a broken file changes nothing."""

import json
import os
import signal

import pytest

from framework.console import client
from framework.errors import ConfigError
from tests.conftest import alive
from tests.fakes.children import gone
from tests.faults import illnesses, looks
from tests.faults.illnesses import WELL

SOON = 30  # s
NAMES = [f"one-{number:02}" for number in range(20)]
CHANGED = "one-07"


@pytest.fixture(scope="module")
def house(shared_house):
    illnesses.admit(shared_house, {"one": WELL})
    write(shared_house, lambda config: config.update(integrations=list(map(item, NAMES))))
    shared_house.start()
    shared_house.until("READY")
    for name in NAMES:
        looks.until_over(shared_house, name)
    return shared_house


def item(name, **more):
    return {"identifier": name, "type": "one", **more}


def write(house, change):
    config = json.loads(house.config.read_text())
    change(config)
    house.config.write_text(json.dumps(config, indent=1))


def setting(name, **more):
    """Return a change of config.yaml: an item's other keys."""

    def change(config):
        config["integrations"][NAMES.index(name)] = item(name, **more)

    return change


def pids(house):
    return {one["identifier"]: one["pid"] for one in house.status()["integrations"]}


def changes(answer):
    """Return what a reload says, without those that stay the same."""
    found = [one for one in answer["integrations"] if one["change"] != "unchanged"]
    return [(one["identifier"], one["change"], one.get("what", [])) for one in found]


def test_a_dry_run_says_what_would_change_and_changes_nothing(house):
    before = pids(house)
    write(house, setting(CHANGED, config={"secret": "s3cr3t"}))
    shown = house.command("reload", "--dry-run")

    assert shown.returncode == 0
    assert CHANGED in shown.stdout
    assert "config.secret" in shown.stdout
    assert "s3cr3t" not in shown.stdout + house.log.read_text()
    assert pids(house) == before


def test_a_reload_that_changes_one_of_20_leaves_19_processes_alone(house):
    before = pids(house)
    write(house, setting(CHANGED, config={"secret": "another"}))
    answer = client.reload(house.state)
    looks.until_ready(house, CHANGED)
    after = pids(house)

    assert changes(answer) == [(CHANGED, "changed", ["config.secret"])]
    assert (answer["applied"], answer["restart"]) == (True, [])
    assert gone(before[CHANGED])
    assert [name for name in NAMES if after[name] != before[name]] == [CHANGED]
    assert looks.processes(house, CHANGED) == [after[CHANGED]]
    looks.until_over(house, CHANGED)


def test_a_hangup_reloads_too(house):
    before = pids(house)
    write(house, setting(CHANGED, config={"secret": "another"}, env={"FLAVOUR": "sweet"}))
    os.kill(house.supervisor(), signal.SIGHUP)
    said = f"{CHANGED} was changed: env.FLAVOUR"
    house.eventually(lambda: said in looks.own_words(house), SOON, said)
    looks.until_ready(house, CHANGED)
    after = pids(house)

    assert [name for name in NAMES if after[name] != before[name]] == [CHANGED]


def test_a_broken_file_changes_nothing_and_is_told(house):
    before, good = pids(house), house.config.read_text()
    house.config.write_text(good.replace('"type": "one"', '"type": "none"', 1))
    with pytest.raises(ConfigError, match=r"config\.yaml:\d+.*none"):
        client.reload(house.state)
    assert house.command("reload").returncode == 1
    os.kill(house.supervisor(), signal.SIGHUP)
    said = "the configuration was not reloaded: "
    house.eventually(lambda: said in looks.own_words(house), SOON, said)

    assert pids(house) == before
    assert "none" in house.status()["unread"]
    house.config.write_text(good)
    assert changes(client.reload(house.state)) == []
    assert "unread" not in house.status()
    assert pids(house) == before


def test_integrations_come_go_and_rest(house):
    before = pids(house)

    def change(config):
        rest = [one for one in config["integrations"] if one["identifier"] != "one-00"]
        rest[0]["enabled"] = False
        config["integrations"] = [*rest, item("new")]

    write(house, change)
    answer = client.reload(house.state)
    looks.until_over(house, "new")
    after = pids(house)

    assert changes(answer) == [
        ("one-00", "removed", []),
        ("new", "added", []),
        ("one-01", "changed", ["enabled"]),
    ]
    assert "one-00" not in after
    assert house.one("one-01")["state"] == "DISABLED"
    assert looks.processes(house, "one-00") == looks.processes(house, "one-01") == []
    assert {name: after[name] for name in NAMES[2:]} == {name: before[name] for name in NAMES[2:]}
    assert house.status()["state"] == "READY"


def test_a_section_that_cannot_change_in_a_life_is_named_and_nothing_restarts(house):
    before = pids(house)
    write(house, lambda config: config["triggerChannel"].update(topics=["elsewhere"]))

    assert client.reload(house.state)["restart"] == ["triggerChannel"]
    assert "triggerChannel" in house.command("reload", "--dry-run").stdout
    assert pids(house) == before


def test_after_all_reloads_a_stop_leaves_nothing(house):
    family = house.family()

    assert house.stop() == 0
    assert alive(family) == []
    assert house.relatives() == []
