from pathlib import Path
from threading import Event

import pytest
from msgspec import structs

from framework.environments.environment import Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.sources import Sources
from framework.environments.lock import resolve
from framework.environments.lock.lock import Lock
from framework.environments.lock.locks import EMPTY
from framework.environments.lock.resolve import Upgrade
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Steps
from framework.errors import RequirementsError
from tests.fakes.uv import FakeUv

START = Lock("", "", "six==1.0 --hash=sha256:1\n")
NEWER = structs.replace(identity.own(), version="3.13.1 (main)")


@pytest.fixture
def its(requirements: Path) -> Inputs:
    wanted = Wanted("kafka", requirements.parent, Installation())
    return structs.replace(inputs.read(wanted, identity.own(), Sources()), python=NEWER)


@pytest.fixture
def steps(uv: FakeUv, tmp_path: Path) -> Steps:
    program = Uv(uv.path, tmp_path / "c")
    return Steps("requirements.txt", program, tmp_path, tmp_path / "log", Event(), print, 60.0)


def test_a_lock_is_for_all_pythons_and_platforms_with_hashes(
    its: Inputs, steps: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    made = resolve.resolve(its, EMPTY, steps)
    assert made == Lock(its.key("3.10"), "nothing", "six==1.17.0 --hash=sha256:0\n")
    assert "--universal --generate-hashes" in uv.calls[0]
    assert "--python-version 3.10" in uv.calls[0]


def test_versions_are_kept_unless_they_are_upgraded(
    its: Inputs, steps: Steps, tmp_path: Path
) -> None:
    assert resolve.resolve(its, START, steps).body == START.body
    newer = resolve.resolve(its, START, steps, Upgrade())
    assert newer.body == "six==1.17.0 --hash=sha256:0\n"


def test_packages_for_newer_pythons_alone_are_resolved_for_this_one(
    its: Inputs, steps: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    uv.then(
        "compile",
        'case "$*" in *"--python-version 3.10 "*)'
        " echo 'the requested Python version does not satisfy Python>=3.11' >&2; exit 1;; esac",
    )
    assert resolve.resolve(its, EMPTY, steps).inputs == its.key("3.13")
    assert len(uv.calls) == 2


def test_another_conflict_is_told_at_once(
    its: Inputs, steps: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    uv.then("compile", "echo 'error: No solution found' >&2; exit 1")
    with pytest.raises(RequirementsError, match="resolving failed"):
        resolve.resolve(its, EMPTY, steps)
    assert len(uv.calls) == 1


def test_what_is_editable_is_locked_as_a_copy(
    its: Inputs, steps: Steps, requirements: Path, tmp_path: Path
) -> None:
    requirements.write_text("-e ./mine\n")
    assert resolve.resolve(its, EMPTY, steps).body == "./mine\n"


def test_an_index_that_tells_no_hashes_is_refused(
    its: Inputs, steps: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    uv.then("compile", 'echo "six==1" > "$out"')
    with pytest.raises(RequirementsError, match="use an index that tells hashes"):
        resolve.resolve(its, EMPTY, steps)


def test_the_dependencies_of_a_project_are_resolved_in_its_name(
    steps: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text('[project]\ndependencies = ["idna"]\n')
    its = inputs.read(Wanted("project", tmp_path / "project"), identity.own(), Sources())
    assert resolve.resolve(its, EMPTY, steps).packages == ["idna==1.17.0"]
    uv.then("compile", 'echo "error: Couldn\'t parse in $last" >&2; exit 2')
    with pytest.raises(RequirementsError, match=r"parse in .*/pyproject\.toml"):
        resolve.resolve(its, EMPTY, steps)
