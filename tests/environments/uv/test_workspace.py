from pathlib import Path
from threading import Event

import pytest

from framework.environments import turns
from framework.environments.environment import Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.sources import Sources
from framework.environments.python import identity
from framework.environments.uv.workspace import LOG_BYTES, Workspace
from framework.errors import StoppedError
from tests.fakes.uv import FakeUv

KEY = "0" * 32


@pytest.fixture
def workspace(root: Path, uv: FakeUv) -> Workspace:
    return Workspace(root, uv.path, "instance", 60.0)


@pytest.fixture
def its(requirements: Path) -> Inputs:
    return inputs.read(Wanted("kafka", requirements.parent), identity.own(), Sources())


def check(workspace: Workspace, its: Inputs, root: Path) -> None:
    with (
        workspace.turn(KEY, Event(), print),
        workspace.steps(KEY, its, Event(), print) as steps,
    ):
        steps.take("checking", ["pip", "check"])
        assert [steps.folder] == list(root.glob(f"build/{KEY}-*"))


def test_each_build_has_a_scratch_folder_that_goes_with_it(
    workspace: Workspace, its: Inputs, root: Path
) -> None:
    (root / "build" / f"{KEY}-killed").mkdir(parents=True)
    check(workspace, its, root)
    assert list(root.glob("build/*")) == []


def test_the_processes_of_each_build_carry_a_mark_of_its_own(
    workspace: Workspace, its: Inputs, root: Path, uv: FakeUv
) -> None:
    for number in (1, 2):
        check(workspace, its, root)
        assert uv.environ["FRAMEWORK_INSTANCE"] == f"instance/build/kafka/{number}"
    assert uv.environ["UV_CACHE_DIR"] == str(root / "uv-cache")


def test_a_log_does_not_grow_for_ever(workspace: Workspace, its: Inputs, root: Path) -> None:
    log = root / "logs" / "kafka.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * (LOG_BYTES + 1))
    check(workspace, its, root)
    assert log.stat().st_size < LOG_BYTES
    assert "--- checking: exit status 0" in log.read_text()


def test_who_has_to_wait_for_the_turn_of_a_key_says_so(workspace: Workspace, stop: Event) -> None:
    def say(line: str) -> None:
        assert line == "another build of the same runs"
        stop.set()

    with (
        workspace.turn(KEY, Event(), print),
        pytest.raises(StoppedError),
        workspace.turn(KEY, stop, say),
    ):
        pytest.fail("two had the turn")


def test_a_sweep_spares_what_a_living_build_works_in(
    workspace: Workspace, root: Path, stop: Event
) -> None:
    with workspace.turn(KEY, stop, print):
        (root / "build" / f"{KEY}-alive").mkdir()
        assert workspace.sweep() == 0
    assert workspace.sweep() == 1


def test_a_turn_is_the_lock_of_a_file(workspace: Workspace, root: Path, stop: Event) -> None:
    with workspace.turn(KEY, stop, print), (root / "locks" / KEY).open("a") as file:
        assert not turns.taken(file)


def test_a_sweep_leaves_what_it_cannot_lock(
    workspace: Workspace, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "build" / f"{KEY}-killed").mkdir(parents=True)
    (root / "locks").write_text("no folder")

    assert workspace.sweep() == 0
    assert f"{KEY}-killed stays: " in caplog.text
