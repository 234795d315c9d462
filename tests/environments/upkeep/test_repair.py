from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from framework.environments import Environments
from framework.environments.installed import built, leases, receipt
from framework.environments.upkeep import damage
from framework.environments.upkeep import repair as doctor
from framework.environments.upkeep.damage import MISSING, Damage
from framework.environments.upkeep.repair import Patient, Repair
from framework.environments.uv.installer import Uv
from framework.errors import BuildUnavailableError
from tests.fakes import environment as fake
from tests.fakes.uv import FakeUv

SIX = "six==1.17.0"


@pytest.fixture
def damaged(root: Path) -> Path:
    folder = fake.make(root, "key", SIX)
    fake.module(folder, "six").write_text("")
    return folder


@pytest.fixture
def repair(root: Path, uv: FakeUv) -> Callable[..., Patient]:
    """Repair the one environment that is damaged; `build` is what building does."""
    (root / "locks").mkdir(parents=True)

    def start(build: Callable[[str], object]) -> Patient:
        patients = [
            Patient(one, damages)
            for one in built.read_all(root)
            if (damages := doctor.examine(one, damage.by_size))
        ]
        todo = Repair(root, Uv(uv.path, root / "uv-cache"), build, damage.by_size, Event())
        (patient,) = todo.all(patients, print)
        assert list(root.glob("build/*")) == []
        return patient

    return start


def healthy(root: Path) -> bool:
    return all(doctor.examine(one, damage.by_size) == [] for one in built.read_all(root))


def test_an_environment_without_a_marker_is_damaged(damaged: Path) -> None:
    (damaged / receipt.NAME).unlink()
    assert doctor.examine(built.read(damaged), damage.by_size) == [Damage(".ready", MISSING)]


def test_an_environment_that_goes_while_it_is_examined_is_not_damaged(
    damaged: Path, root: Path
) -> None:
    one = built.read(damaged)
    damaged.rename(root / "gone")
    assert doctor.examine(one, damage.by_size) == []


def test_what_was_changed_is_dropped_from_the_cache_before_it_is_built_again(
    root: Path, damaged: Path, repair: Callable[..., Patient], uv: FakeUv
) -> None:
    calls_before_the_build = []

    def build(key: str) -> None:
        calls_before_the_build.extend(uv.calls)
        fake.make(root, key, SIX)

    patient = repair(build)

    assert (patient.outcome, patient.cured) == ("repaired", True)
    assert calls_before_the_build == ["cache clean six"]
    assert healthy(root)


def test_what_is_missing_is_taken_from_the_cache_first(
    root: Path, damaged: Path, repair: Callable[..., Patient], uv: FakeUv
) -> None:
    fake.module(damaged, "six").unlink()
    assert repair(lambda key: fake.make(root, key, SIX)).outcome == "repaired"
    assert uv.calls == []


def test_what_is_missing_in_the_cache_too_is_dropped_and_built_once_more(
    root: Path, damaged: Path, repair: Callable[..., Patient], uv: FakeUv
) -> None:
    fake.module(damaged, "six").unlink()

    def build(key: str) -> None:
        folder = fake.make(root, key, SIX)
        if not uv.calls:
            fake.module(folder, "six").unlink()

    assert repair(build).outcome == "repaired"
    assert uv.calls == ["cache clean six"]
    assert healthy(root)


def test_what_is_damaged_after_every_build_is_not_called_repaired(
    root: Path, damaged: Path, repair: Callable[..., Patient]
) -> None:
    patient = repair(lambda key: fake.module(fake.make(root, key, SIX), "six").unlink())
    assert (patient.outcome, patient.cured) == ("failed", False)
    assert patient.reason == "it is damaged again after it was built twice"


def test_an_environment_that_nobody_wants_is_removed(
    damaged: Path, repair: Callable[..., Patient]
) -> None:
    assert repair(lambda key: None).outcome == "removed"
    assert not damaged.exists()


def test_an_environment_in_use_stays_and_it_is_said_what_to_do(
    damaged: Path, repair: Callable[..., Patient]
) -> None:
    with leases.shared(damaged):
        patient = repair(lambda key: pytest.fail("it was built"))
    assert (patient.outcome, patient.cured) == ("in use", False)
    assert patient.reason is not None
    assert "stop the supervisor" in patient.reason
    assert damaged.exists()


def test_an_environment_that_cannot_be_built_comes_back_as_it_was(
    damaged: Path, repair: Callable[..., Patient]
) -> None:
    def build(key: str) -> None:
        assert not damaged.exists()
        raise BuildUnavailableError("the index is down")

    patient = repair(build)
    assert (patient.outcome, patient.reason) == ("failed", "the index is down")
    assert damaged.exists()


def test_an_environment_comes_back_when_a_repair_is_broken_off(
    damaged: Path, repair: Callable[..., Patient]
) -> None:
    def build(key: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repair(build)
    assert damaged.exists()


def test_no_sweep_takes_what_lies_aside_during_a_repair(
    root: Path, damaged: Path, repair: Callable[..., Patient]
) -> None:
    def build(key: str) -> None:
        Environments(root).sweep()
        raise BuildUnavailableError("the index is down")

    repair(build)
    assert damaged.exists()


def test_what_another_built_meanwhile_is_kept(
    root: Path, damaged: Path, repair: Callable[..., Patient]
) -> None:
    def build(key: str) -> None:
        fake.make(root, key, SIX)
        raise BuildUnavailableError("ours failed")

    repair(build)
    assert healthy(root)
