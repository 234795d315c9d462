"""The older topic, `change.log`: it tells of every change, of our own ones, too."""

from tests.fakes import scripted
from tests.fakes.scripted import Script, items

ME = "scripted"
CONFIG = """
    port:
      baseUrl: sandbox
    sandbox:
      featureFlags: []
    triggerChannel:
      type: KAFKA
      brokers: sandbox
    integrationsPath: [integrations]
    integrations:
      - {{identifier: scripted, type: scripted, config: {{folder: {folder}}}}}
"""
OWN_WRITES = 2  # of each resync: running, completed


def test_a_change_in_port_resyncs_and_what_we_write_ourselves_does_not(house, tmp_path):
    Script(tmp_path / "script").reads("thing", items(["a"]))
    scripted.write(house.folder / "integrations" / ME, {"thing": "thing"})
    house.configure(CONFIG.format(folder=tmp_path / "script"))
    house.start()
    house.until("READY")
    house.eventually(lambda: counted(house, "unrelated") == OWN_WRITES, 30, "its own writes")
    resource = scripted.resource("thing", "thing")
    resource["port"]["entity"]["mappings"]["title"] = '"new " + .id'

    house.port().set_mapping(ME, {"resources": [resource]})
    house.eventually(lambda: counted(house, "unrelated") == 2 * OWN_WRITES, 30, "its own writes")
    house.port().request_resync(ME)
    house.eventually(lambda: counted(house, "unrelated") == 3 * OWN_WRITES, 30, "its own writes")

    assert house.port().entities("thing")["a"]["title"] == "new a"
    assert counted(house, "events") == 2
    assert counted(house, "records") == 2 + 3 * OWN_WRITES
    assert [one["state"] for one in house.deliveries(ME)] == ["done"] * 3


def counted(house, name):
    return house.trigger()["counters"][name]
