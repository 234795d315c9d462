import io
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from rich.console import Console as Terminal

from framework.console.commands import builds
from framework.console.commands.builds import Builder
from framework.environments import Environments, Upgrade, Wanted
from framework.errors import BuildError, BuildUnavailableError
from tests.fakes.uv import FakeUv

Make = Callable[..., Wanted]


@pytest.fixture
def uv(tmp_path: Path) -> FakeUv:
    return FakeUv(tmp_path / "uv")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def builder(tmp_path: Path, uv: FakeUv, said: list[str]) -> Builder:
    environments = Environments(tmp_path / "environments", uv.path)
    return Builder(environments, Event(), lambda label, line: said.append(f"{label}: {line}"))


@pytest.fixture
def wanting(tmp_path: Path) -> Make:
    def make(label: str, type_: str, text: str = "six\n") -> Wanted:
        folder = tmp_path / "integrations" / type_
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "requirements.txt").write_text(text)
        return Wanted(label, folder)

    return make


def test_everything_is_built_and_its_locks_lie_beside_the_requirements(
    builder: Builder, wanting: Make, said: list[str]
) -> None:
    wanted = [wanting("a", "kafka"), wanting("b", "kafka"), wanting("c", "jira", "idna\n")]
    rows = builder.build(wanted)
    assert [(row["identifier"], row["type"]) for row in rows] == [
        ("a", "kafka"),
        ("b", "kafka"),
        ("c", "jira"),
    ]
    assert rows[0]["environment"] == rows[1]["environment"] != rows[2]["environment"]
    assert Path(rows[2]["path"]).is_dir()
    for one in wanted:
        assert (one.folder / "requirements.lock").exists()
    assert [line for line in said if "wrote" in line and line.startswith("a: ")]
    said.clear()
    builder.build(wanted)
    builder.frozen(wanted)
    assert said == []


class ReadOnly(Environments):
    """Environments of an installed tree in which nothing can be written."""

    def commit(self, wanted: Wanted) -> Path | None:
        raise BuildUnavailableError(f"{wanted.folder}: Read-only file system")


def test_a_lock_that_cannot_be_written_is_told_and_no_failure(
    tmp_path: Path, uv: FakeUv, wanting: Make
) -> None:
    said: list[str] = []
    environments = ReadOnly(tmp_path / "environments", uv.path)
    builder = Builder(environments, Event(), lambda label, line: said.append(f"{label}: {line}"))
    assert builder.build([wanting("a", "kafka")])
    assert said[-1].endswith("/kafka: Read-only file system")


def test_a_missing_lock_fails_a_frozen_build_and_all_failures_are_told(
    builder: Builder, wanting: Make, said: list[str]
) -> None:
    wanted = [wanting("a", "kafka"), wanting("b", "jira"), wanting("c", "none", "")]
    with pytest.raises(BuildError) as failure:
        builder.frozen(wanted)
    assert "a: " in str(failure.value)
    assert "b: " in str(failure.value)
    assert "jira/requirements.lock is missing" in str(failure.value)
    assert "c: creating the environment" in said
    assert "a: failed" in said


def test_an_upgrade_is_made_once_for_a_folder(builder: Builder, wanting: Make, uv: FakeUv) -> None:
    wanted = [wanting("a", "kafka"), wanting("b", "kafka")]
    builder.upgrade(wanted, Upgrade(("six",)))
    assert len([call for call in uv.calls if "--upgrade-package six" in call]) == 1
    builder.frozen(wanted)


def test_steps_are_lines_where_there_is_no_terminal() -> None:
    text = io.StringIO()
    with builds.shown(Terminal(file=text), ["a"]) as say:
        say("a", "resolving [six]")
    assert text.getvalue() == "a: resolving [six]\n"


def test_steps_change_in_place_on_a_terminal() -> None:
    text = io.StringIO()
    with builds.shown(Terminal(file=text, force_terminal=True, width=80), ["a", "b"]) as say:
        say("a", "resolving")
    assert "resolving" in text.getvalue()
    assert "waiting" in text.getvalue()
