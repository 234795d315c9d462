"""Requirements that cannot be installed together, side by side."""

import json

ME = ("old", "new")
REQUIREMENTS = {"old": "pydantic<2\nurllib3<2\n", "new": "pydantic>=2\nurllib3>=2\n"}
PACKAGES = ("pydantic", "urllib3")
MAIN = """
import pydantic
import urllib3

from framework.sdk import Integration

integration = Integration()


@integration.on_resync("version")
def versions(resync):
    return [
        {"package": "pydantic", "version": pydantic.VERSION},
        {"package": "urllib3", "version": urllib3.__version__},
    ]
"""


def resources(name):
    """Each has a blueprint of its own, so that who reported what can be told."""
    blueprint = {
        "identifier": f"{name}Version",
        "title": "Version",
        "schema": {"properties": {"version": {"type": "string"}}},
    }
    rules = {
        "identifier": ".package",
        "title": ".package",
        "blueprint": f'"{name}Version"',
        "properties": {"version": ".version"},
    }
    mapping = {"kind": "version", "port": {"entity": {"mappings": rules}}}
    return [blueprint], {"resources": [mapping]}


def test_pydantic_1_and_2_and_urllib3_1_and_2_run_side_by_side(house):
    for name in ME:
        house.integration(name, MAIN, REQUIREMENTS[name], resources(name))
    house.config.write_text(
        json.dumps(
            {
                "port": {"baseUrl": "sandbox"},
                "triggerChannel": {"type": "KAFKA", "brokers": "sandbox"},
                "integrationsPath": ["integrations"],
                "integrations": [{"identifier": name, "type": name} for name in ME],
            }
        )
    )
    house.start()
    status = house.until("READY", 120)
    port = house.port()

    found = {
        name: house.eventually(lambda name=name: port.entities(f"{name}Version"), 30, name)
        for name in ME
    }

    majors = {name: major_versions(entities) for name, entities in found.items()}
    assert majors == {
        "old": {"pydantic": "1", "urllib3": "1"},
        "new": {"pydantic": "2", "urllib3": "2"},
    }
    old, new = status["integrations"]
    assert old["environment"] != new["environment"]
    assert {old["pid"], new["pid"]} <= {one.pid for one in house.family()}


def major_versions(entities):
    return {
        package: entities[package]["properties"]["version"].partition(".")[0]
        for package in PACKAGES
    }
