"""Requirements that change while the integration runs: a new environment, or the old one."""

import json

import pytest

MAIN = """
from importlib.metadata import version

import six

from framework.sdk import Integration

integration = Integration()


@integration.on_resync("package")
def packages(resync):
    return [{"name": "six", "version": version("six")}]
"""
BLUEPRINT = {
    "identifier": "package",
    "title": "Package",
    "schema": {"properties": {"version": {"type": "string"}}},
}
RULES = {
    "identifier": ".name",
    "blueprint": '"package"',
    "properties": {"version": ".version"},
}
MAPPING = {"resources": [{"kind": "package", "port": {"entity": {"mappings": RULES}}}]}
CONFIG = {
    "port": {"baseUrl": "sandbox"},
    "triggerChannel": {"type": "KAFKA", "brokers": "sandbox"},
    "integrationsPath": ["integrations"],
    "integrations": [{"identifier": "six", "type": "six"}],
}


class Shop:
    """One integration whose requirements change."""

    def __init__(self, house):
        self.house = house
        folder = house.integration("six", MAIN, "six==1.16.0\n", ([BLUEPRINT], MAPPING))
        self.requirements = folder / "requirements.txt"
        house.config.write_text(json.dumps(CONFIG))
        house.start()
        house.until("READY", 120)
        self.port = house.port()

    def ask_for(self, text):
        self.requirements.write_text(text)

    def until(self, condition, what):
        return self.house.eventually(lambda: condition(self.house.one("six")), 60, what)

    def reported(self):
        found = self.port.entities("package")
        return found and found["six"]["properties"]["version"]

    def resync(self):
        """Have it report once more; return the status of that resync."""
        before = (self.house.one("six")["lastResync"] or {}).get("endedAt")
        self.port.request_resync("six")

        def over(one):
            last = one["lastResync"]
            return last["endedAt"] not in {None, before} and last["status"]

        return self.until(over, "a resync")


@pytest.fixture
def shop(house):
    return Shop(house)


def gone_back(one):
    """Return the status once the old environment serves again, and it says why."""
    return one["state"] == "DEGRADED" and "No module named" in (one["reason"] or "") and one


def test_a_new_version_is_taken_into_use_and_a_bad_one_is_not(shop):
    old = shop.until(lambda one: one["state"] == "READY" and one, "the first environment")
    shop.house.eventually(lambda: shop.reported() == "1.16.0", 30, "the first version")

    shop.ask_for("six==1.17.0\n")
    new = shop.until(
        lambda one: one["environment"] != old["environment"] and one["state"] == "READY" and one,
        "the second environment",
    )
    assert new["pid"] != old["pid"]
    assert shop.resync() == "completed"
    assert shop.reported() == "1.17.0"

    shop.ask_for("six==99\n")
    still = shop.until(
        lambda one: "could not be built" in (one["reason"] or "") and one, "a reason"
    )
    assert (still["state"], still["pid"]) == ("DEGRADED", new["pid"])
    assert "six==99" in still["reason"]
    assert shop.resync() == "completed"

    shop.ask_for("idna==3.10\n")
    back = shop.until(gone_back, "the way back")
    assert back["environment"] == new["environment"]
    assert shop.resync() == "completed"
    assert shop.reported() == "1.17.0"
