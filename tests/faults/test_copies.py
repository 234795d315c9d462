"""A state folder that is copied while its supervisor runs, and whichever command makes one."""

import stat
import subprocess
import sys

import pytest

from framework import state
from tests.conftest import SUPERVISOR, House, alive
from tests.faults import illnesses
from tests.faults.illnesses import WELL

NOT_RUNNING = 3
SOON = 60  # s


@pytest.fixture
def copy(house, tmp_path_factory):
    illnesses.admit(house, {"well": WELL})
    house.start()
    house.until("READY")
    place = tmp_path_factory.mktemp("copied") / "house"
    subprocess.run(["cp", "-a", str(house.folder), str(place)], check=True, timeout=SOON)
    copied = House(place)
    copied.log = place / "log of the copy"
    yield copied
    copied.end()


def test_a_copy_lives_beside_the_original_and_takes_nothing_of_it(house, copy):
    family = house.family()
    sandbox = house.status()["sandbox"]

    for command in (["status"], ["stop", "well"], ["resync", "well"]):
        asked = copy.command(*command)  # the console that is noted there is the original's
        assert (asked.returncode, "no supervisor runs" in asked.stderr) == (NOT_RUNNING, True)
    copy.start()
    copy.until("READY")

    said = copy.log.read_text()
    assert f"{copy.state} has a new identity: it is a copy, or was moved" in said
    assert "left behind were killed" not in said
    assert state.instance(copy.state) != state.instance(house.state)
    assert set(alive(family)) == set(family)
    own = copy.status()["sandbox"]
    assert all(own[key] != sandbox[key] for key in ("url", "kafka", "clientId", "clientSecret"))
    assert house.one("well")["pid"] != copy.one("well")["pid"]
    for one in (house, copy):
        assert one.resync("well")["status"] == "completed"
    assert copy.stop() == 0
    assert set(alive(family)) == set(family)
    assert house.until("READY")["sandbox"] == sandbox
    assert house.resync("well")["status"] == "completed"


@pytest.mark.parametrize("command", [["build"], ["env", "list"], ["env", "doctor"], ["sandbox"]])
def test_the_state_folder_is_for_its_user_alone_whichever_command_makes_it(house, command):
    illnesses.admit(house, {"well": WELL})
    argv = [sys.executable, str(SUPERVISOR), *command, "--config", str(house.config)]
    with subprocess.Popen(
        [*argv, "--state", str(house.state)], umask=0, stdout=subprocess.PIPE
    ) as made:
        made.stdout.readline()  # the sandbox goes on
        made.terminate()

    modes = {stat.S_IMODE(found.stat().st_mode) for found in house.folder.glob(".state")}
    assert modes <= {0o700}
