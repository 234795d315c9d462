"""What is wrong with one integration leaves the others running."""

from tests.fakes import scripted
from tests.fakes.scripted import Script, items

CONFIG = """
    port:
      baseUrl: sandbox
    triggerChannel:
      type: KAFKA
      brokers: sandbox
    integrationsPath: [integrations]
    integrations:
      - {{identifier: dies, type: dies}}
      - {{identifier: unbuildable, type: unbuildable}}
      - {{identifier: unregistered, type: unregistered}}
      - {{identifier: well, type: well, config: {{folder: {folder}}}}}
"""
DIES = """
import sys

sys.exit("the licence has expired")
"""
QUIET = """
from framework.sdk import Integration

integration = Integration()
"""


def test_what_cannot_start_be_built_or_be_registered_leaves_the_others_alone(house, tmp_path):
    script = Script(tmp_path / "script")
    script.reads("thing", items(["a", "b"]))
    scripted.write(house.folder / "integrations" / "well", {"thing": "thing"})
    house.integration("dies", DIES)
    house.integration("unbuildable", QUIET, "no-such-package-xyz==1\n")
    place = house.integration("unregistered", QUIET) / ".port" / "resources"
    (place / "blueprints.json").write_text("{")
    house.configure(CONFIG.format(folder=script.folder))
    house.start()

    house.until("DEGRADED")
    house.eventually(lambda: set(house.port().entities("thing")) == {"a", "b"}, 30, "its entities")

    expired = "exit status 1: the licence has expired"
    house.eventually(lambda: house.one("dies")["reason"] == expired, 30, expired)
    unbuildable, well = (house.one(name) for name in ("unbuildable", "well"))
    assert (well["state"], well["restarts"]) == ("READY", 0)
    requirements = house.folder / "integrations" / "unbuildable" / "requirements.txt"
    assert unbuildable["reason"].startswith(f"{requirements}: resolving")
    assert "no-such-package-xyz was not found in the package registry" in unbuildable["reason"]
    assert "Correct the requirements." in unbuildable["reason"]
    house.eventually(lambda: failed(house, "unregistered"), 30, "its failure")
    report = house.one("unregistered")["lastResync"]
    assert report["error"].startswith(f"{place / 'blueprints.json'}:1: not JSON")
    house.eventually(lambda: house.one("dies")["restarts"] >= 1, 30, "a restart")
    assert house.stop() == 0


def failed(house, name):
    return (house.one(name)["lastResync"] or {}).get("status") == "failed"
