"""A state folder that was copied while its supervisor ran: two supervisors, side by side."""

import shutil
import subprocess

from framework import state
from tests.conftest import House, alive
from tests.faults import illnesses, looks
from tests.faults.illnesses import WELL

NOWHERE = {
    "port": {"clientId": "me", "clientSecret": "secret", "baseUrl": "http://127.0.0.1:9"},
    "triggerChannel": {
        "type": "KAFKA",
        "brokers": "127.0.0.1:9",
        "securityProtocol": "PLAINTEXT",
    },
}
SOON = 60  # s


def test_a_copy_lives_beside_the_original_and_kills_nothing_of_it(house, tmp_path):
    illnesses.admit(house, {"well": WELL}, **NOWHERE)
    house.start()
    looks.until_serving(house, "well")
    family = house.family()

    copy = House(tmp_path / "copy")
    copy.folder.mkdir()
    subprocess.run(["cp", "-a", house.state, copy.state], check=True, timeout=SOON)
    shutil.copytree(house.folder / "integrations", copy.folder / "integrations")
    shutil.copy(house.config, copy.config)
    assert copy.status() is None  # the console that is noted there is the original's
    copy.start()
    try:
        looks.until_serving(copy, "well")

        assert alive(family) == family
        assert state.instance(copy.state) != state.instance(house.state)
        assert f"{copy.state} has a new identity: it is a copy, or was moved" in copy.tail()
        assert house.one("well")["pid"] != copy.one("well")["pid"]
        assert copy.stop() == 0
        assert alive(family) == family
    finally:
        copy.end()
