import os
from importlib.metadata import version
from pathlib import Path
from threading import Event

import pytest

from framework.environments import Environments, receipt, turn
from framework.errors import BuildError, StoppedError
from tests.fakes.uv import FakeUv

KEY = "0" * 32


def nothing_of(root: Path) -> bool:
    return not list(root.glob("build/*"))


def test_nothing_is_ready_before_it_is_built(
    environments: Environments, requirements: Path
) -> None:
    assert environments.ready(requirements) is None


def test_what_was_built_is_ready_and_stays_so_without_uv(
    environments: Environments, requirements: Path, uv: FakeUv, root: Path, stop: Event
) -> None:
    built = environments.ensure(requirements, stop, print)
    calls = uv.calls
    assert environments.ready(requirements) == built
    assert environments.ensure(requirements, stop, print) == built
    assert uv.calls == calls
    assert built.path == root / "envs" / built.key
    assert built.python.exists()
    assert nothing_of(root)


def test_the_msgspec_of_the_sdk_has_an_environment_like_any_other(
    environments: Environments, requirements: Path, root: Path, stop: Event
) -> None:
    built = environments.ensure(requirements, stop, print)
    assert built.msgspec.name == "site-packages"
    assert built.msgspec.is_dir()
    pinned = requirements.with_name("pinned.txt")
    pinned.write_text(f"msgspec=={version('msgspec')}\n")
    same = environments.ready(pinned)
    assert same is not None
    assert same.msgspec.is_relative_to(same.path)
    assert {path.name for path in root.glob("envs/*")} == {built.key, same.key}


def test_environments_are_not_ready_without_the_msgspec_of_the_sdk(
    environments: Environments, requirements: Path, stop: Event
) -> None:
    built = environments.ensure(requirements, stop, print)
    (built.msgspec.parents[2] / receipt.NAME).unlink()
    assert environments.ready(requirements) is None


def test_equal_requirements_share_one_environment(
    environments: Environments, requirements: Path, tmp_path: Path, stop: Event
) -> None:
    other = tmp_path / "jira.txt"
    other.write_text("# of jira\nsix\n")
    assert environments.ensure(requirements, stop, print) == environments.ready(other)


def test_changed_requirements_are_not_ready(
    environments: Environments, requirements: Path, stop: Event
) -> None:
    before = environments.ensure(requirements, stop, print)
    requirements.write_text("six<2\n")
    assert environments.ready(requirements) is None
    assert environments.ensure(requirements, stop, print).key != before.key


def test_an_integration_without_requirements_gets_an_empty_environment(
    environments: Environments, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    environments.ensure(requirements, stop, print)
    calls = len(uv.calls)
    requirements.unlink()
    environments.ensure(requirements, stop, print)
    assert [call.split()[0] for call in uv.calls[calls:]] == ["venv"]


def test_a_failed_build_leaves_nothing_that_looks_built_and_is_repaired_by_the_next(
    environments: Environments, requirements: Path, uv: FakeUv, root: Path, stop: Event
) -> None:
    environments.ensure(requirements, stop, print)  # the msgspec of the sdk, too
    requirements.write_text("idna\n")
    uv.then("install", "echo 'error: No solution found' >&2; exit 1")
    with pytest.raises(BuildError, match="No solution found"):
        environments.ensure(requirements, stop, print)
    assert environments.ready(requirements) is None
    assert nothing_of(root)
    uv.then("install", "")
    assert environments.ensure(requirements, stop, print) == environments.ready(requirements)


def test_a_stopped_build_leaves_nothing(
    environments: Environments, requirements: Path, uv: FakeUv, root: Path, stop: Event
) -> None:
    uv.then("install", "sleep 60")
    with pytest.raises(StoppedError):
        environments.ensure(requirements, stop, lambda line: "resolving" in line and stop.set())
    assert nothing_of(root)
    assert not list(root.glob("envs/*"))


def test_requirements_that_name_other_files_are_refused_before_anything_is_started(
    environments: Environments, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    requirements.write_text("-r base.txt\n")
    assert environments.ready(requirements) is None
    with pytest.raises(BuildError, match="another file"):
        environments.ensure(requirements, stop, print)
    assert uv.calls == []


def test_an_unmarked_environment_is_built_again(
    environments: Environments, requirements: Path, root: Path, stop: Event
) -> None:
    built = environments.ensure(requirements, stop, print)
    (built.path / receipt.NAME).write_text("{")
    (built.path / "half").touch()
    assert environments.ready(requirements) is None
    assert environments.ensure(requirements, stop, print) == built
    assert not (built.path / "half").exists()
    assert nothing_of(root)


def test_who_is_second_uses_what_the_first_one_built(
    environments: Environments, requirements: Path, uv: FakeUv, root: Path, stop: Event
) -> None:
    first = Environments(root.with_name("first"), uv.path).ensure(requirements, stop, print)
    environments.ensure(requirements.with_name("none.txt"), stop, print)
    # While we build, another machine on the same disk finishes: its lock was not seen here.
    uv.then("check", f"mkdir -p '{root}/envs'; cp -a '{first.path}' '{root}/envs/'")
    copied = environments.ensure(requirements, stop, print)
    assert copied.key == first.key
    assert environments.ready(requirements) == copied
    assert nothing_of(root)


def test_who_waited_for_another_build_does_not_build(
    environments: Environments, requirements: Path, uv: FakeUv, root: Path, stop: Event
) -> None:
    first = Environments(root.with_name("first"), uv.path).ensure(requirements, stop, print)
    environments.ensure(requirements.with_name("none.txt"), stop, print)
    calls = uv.calls
    said: list[str] = []

    with (root / "locks" / first.key).open("a") as builder:
        assert turn.taken(builder)

        def finish(line: str) -> None:
            said.append(line)
            first.path.rename(root / "envs" / first.key)
            builder.close()

        environments.ensure(requirements, stop, finish)
    assert said == ["kafka: another build runs"]
    assert uv.calls == calls


def test_a_sweep_removes_what_killed_builds_left_and_spares_living_ones(
    environments: Environments, requirements: Path, root: Path, stop: Event
) -> None:
    environments.ensure(requirements, stop, print)
    dead, alive = root / "build" / f"{KEY}-dead", root / "build" / f"{'1' * 32}-alive"
    for folder in (dead, alive):
        (folder / "env").mkdir(parents=True)
    with (root / "locks" / ("1" * 32)).open("a") as builder:
        assert turn.taken(builder)
        assert environments.sweep() == 1
    assert not dead.exists()
    assert alive.exists()
    assert environments.sweep() == 1


def test_there_is_nothing_to_sweep_before_the_first_build(environments: Environments) -> None:
    assert environments.sweep() == 0


def test_a_build_removes_what_an_earlier_one_of_its_key_left(
    environments: Environments, requirements: Path, root: Path, stop: Event
) -> None:
    built = environments.ensure(requirements, stop, print)
    built.path.rename(root / "build" / f"{built.key}-dead")
    environments.ensure(requirements, stop, print)
    assert nothing_of(root)


def test_a_state_folder_that_cannot_be_used_is_named(
    root: Path, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    root.write_text("a file")
    with pytest.raises(BuildError, match=r"environments/envs: Not a directory \(while building"):
        Environments(root, uv.path).ensure(requirements, stop, print)


def test_what_cannot_be_moved_into_place_is_an_error(
    environments: Environments, requirements: Path, uv: FakeUv, root: Path, stop: Event
) -> None:
    uv.then("check", f"rm -r '{root}/envs'")
    with pytest.raises(BuildError, match="No such file or directory"):
        environments.ensure(requirements, stop, print)
    assert nothing_of(root)


def test_a_check_of_fifty_integrations_takes_a_moment(
    environments: Environments, requirements: Path, stop: Event
) -> None:
    environments.ensure(requirements, stop, print)
    before = os.times()
    for _ in range(50):
        assert environments.ready(requirements)
    after = os.times()
    assert after.user + after.system - before.user - before.system < 0.05
    assert after.children_user == before.children_user
