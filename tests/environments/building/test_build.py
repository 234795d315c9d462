from pathlib import Path
from threading import Event

import pytest

from framework.environments.building import build
from framework.environments.building.build import Order
from framework.environments.environment import Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.sources import Sources
from framework.environments.installed import receipt
from framework.environments.lock.lock import Lock
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Steps
from framework.errors import BuildError, StoppedError
from tests.fakes.environment import SITE_PACKAGES
from tests.fakes.uv import FakeUv

PIN = "six==1.17.0 --hash=sha256:0\n"


def of(folder: Path, text: str = "six # 1", **settings: object) -> Inputs:
    (folder / "requirements.txt").write_text(text)
    wanted = Wanted("kafka-1", folder, Installation(**settings))
    return inputs.read(wanted, identity.own(), Sources())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kafka"
    folder.mkdir()
    return folder


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    (tmp_path / "k-x1_z").mkdir()
    return tmp_path / "k-x1_z"


class Building:
    def __init__(self, uv: FakeUv, aside: Path, stop: Event):
        self.said: list[str] = []
        self._uv = uv
        self._aside = aside
        self._stop = stop

    def __call__(self, its: Inputs, body: str = PIN) -> Path:
        uv = Uv(self._uv.path, self._aside / "cache", its.installation)
        log = self._aside / "log"
        steps = Steps(
            its.requirements.source, uv, self._aside, log, self._stop, self.said.append, 60.0
        )
        return build.build(Order("k", its, Lock("i", "s", body), "first build"), steps)


@pytest.fixture
def building(uv: FakeUv, aside: Path, stop: Event) -> Building:
    return Building(uv, aside, stop)


def test_a_build_is_told_step_by_step_and_leaves_a_receipt(
    building: Building, folder: Path
) -> None:
    built = building(of(folder))
    assert building.said[:2] == ["creating the environment", "checking what was installed"]
    assert building.said[2].startswith("built in ")
    assert building.said[2].endswith("packages: 1 (first build)")
    written = receipt.found(built, "k")
    assert written is not None
    assert written.uv == "9.9.9"
    assert written.packages == ["six==1.17.0"]
    assert written.requirements == ["six"]
    assert written.site_packages == str(SITE_PACKAGES)
    assert (written.why, written.label) == ("first build", "kafka-1")
    assert written.built_at.endswith("+00:00")


def test_what_is_installed_is_the_lock_and_every_file_needs_its_hash(
    building: Building, folder: Path, uv: FakeUv
) -> None:
    built = building(of(folder))
    assert uv.installed == PIN
    assert PIN in (built / build.KEPT).read_text()
    assert "--require-hashes" in uv.calls[1]
    assert uv.calls[1].endswith("--offline")


def test_an_environment_is_relocatable_and_of_the_given_python(
    building: Building, folder: Path, uv: FakeUv
) -> None:
    building(of(folder))
    assert "--relocatable" in uv.calls[0]
    assert f"--python {identity.own().path} " in uv.calls[0]


def test_an_environment_without_requirements_is_one_step(
    building: Building, folder: Path, uv: FakeUv
) -> None:
    building(of(folder, "# none\n"), "")
    assert len(uv.calls) == 1


def test_where_packages_come_from_is_told_to_uv_in_a_file(
    building: Building, folder: Path, uv: FakeUv, aside: Path
) -> None:
    text = "--index-url https://me:secret@host/\n--no-binary six\nsix\n"
    building(of(folder, text, only_binary=["idna"]))
    assert (aside / build.PLACES).read_text() == (
        "--index-url https://me:secret@host/\n--no-binary six\n"
    )
    assert f"{aside / build.PLACES}" in uv.calls[1]
    assert "--only-binary idna" in uv.calls[1]
    assert "secret" not in uv.calls[1]


def test_what_a_lock_takes_from_this_machine_is_copied_first(
    building: Building, folder: Path, uv: FakeUv, aside: Path
) -> None:
    (folder / "mine").mkdir()
    (folder / "theirs.whl").touch()
    its = of(folder, f"./mine\ntheirs @ file://{folder}/theirs.whl\n")
    building(its, f"./mine\ntheirs @ file://{folder}/theirs.whl\n./other\n")
    assert uv.installed.splitlines() == [
        f"{aside}/sources/0/mine",
        "./other",
        f"theirs @ file://{aside}/sources/2/theirs.whl",
    ]
    assert "--require-hashes" not in uv.calls[1]


def test_a_receipt_holds_no_credentials(building: Building, folder: Path) -> None:
    line = "six @ https://me:secret@host/six-1.0-py3-none-any.whl"
    built = building(of(folder, line), f"{line} --hash=sha256:0\n")
    for name in (receipt.NAME, build.KEPT):
        assert b"secret" not in (built / name).read_bytes()


def test_a_failing_step_says_which_and_what_uv_said_of_the_original_file(
    building: Building, folder: Path, uv: FakeUv, aside: Path
) -> None:
    uv.then("sync", 'echo "error: Failed to read \\`$lock\\`" >&2; exit 1')
    with pytest.raises(BuildError) as failure:
        building(of(folder))
    assert str(failure.value) == (
        f"{folder}/requirements.txt: fetching and installing, packages: 1 failed "
        "(uv: exit status 1):\n"
        f"error: Failed to read `the lock of {folder}/requirements.txt`\n"
        "Correct the requirements.\n"
        f"The full output: {aside / 'log'}"
    )
    assert not (aside / "env" / receipt.NAME).exists()


def test_what_does_not_fit_together_leaves_no_marker(
    building: Building, folder: Path, uv: FakeUv, aside: Path
) -> None:
    uv.then("check", "echo 'six requires idna, but it is not installed' >&2; exit 1")
    with pytest.raises(BuildError, match=r"checking what was installed failed.*\nsix requires"):
        building(of(folder))
    assert not (aside / "env" / receipt.NAME).exists()


def test_a_stop_ends_a_build(building: Building, folder: Path, uv: FakeUv, stop: Event) -> None:
    uv.then("sync", "sleep 60")
    stop.set()
    with pytest.raises(StoppedError):
        building(of(folder))
