from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest

from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.requirements import Requirements
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Steps
from framework.errors import BuildUnavailableError, RequirementsError, StoppedError
from framework.process import Completed
from tests.fakes.uv import FakeUv


class Answering(Uv, frozen=True):
    """Gives one answer: `path` is what it prints (a path has no //), `marker` its exit status."""

    def run(self, arguments: Sequence[str], stop: Event, seconds: float = 1) -> Completed:
        return Completed(int(self.marker or 0), "", str(self.path).replace(":/", "://"))


class Hanging(Uv, frozen=True):
    """Never ends."""

    def run(self, arguments: Sequence[str], stop: Event, seconds: float = 1) -> Completed:
        raise TimeoutError(arguments, stop)


class Stopped(Uv, frozen=True):
    """Is stopped."""

    def run(self, arguments: Sequence[str], stop: Event, seconds: float = 1) -> Completed:
        raise StoppedError("uv was stopped")


STEP = ("installing", ["pip", "sync"])


def steps(uv: Uv, log: Path, said: list[str] | None = None) -> Steps:
    say = said.append if said is not None else print
    return Steps("/i/kafka/requirements.txt", uv, log.parent, log, Event(), say, 600.0)


def test_a_step_is_told_and_logged(tmp_path: Path) -> None:
    said: list[str] = []
    uv = Answering(Path("Audited https://me:secret@host"), tmp_path)
    steps(uv, tmp_path / "log", said).take(*STEP)
    assert said == ["installing"]
    assert (tmp_path / "log").read_text() == (
        "--- installing: exit status 0\nAudited https://***@host\n"
    )


def test_a_failure_names_the_step_the_words_of_uv_and_the_log(tmp_path: Path) -> None:
    private = Installation(indexes=["https://me:hush@host/"])
    uv = Answering(Path("error: No solution found in /tmp/copy with hush"), tmp_path, private, "1")
    taking = steps(uv, tmp_path / "log")
    taking.copies["/tmp/copy"] = "/i/kafka/pyproject.toml"
    with pytest.raises(RequirementsError) as failure:
        taking.take(*STEP)
    assert str(failure.value) == (
        "/i/kafka/requirements.txt: installing failed (uv: exit status 1):\n"
        "error: No solution found in /i/kafka/pyproject.toml with ***\n"
        "Correct the requirements.\n"
        f"The full output: {tmp_path / 'log'}"
    )
    assert "hush" not in (tmp_path / "log").read_text()


def test_a_log_that_cannot_be_written_hides_nothing(tmp_path: Path) -> None:
    uv = Answering(Path("No space left on device"), tmp_path, Installation(), "2")
    with pytest.raises(BuildUnavailableError) as failure:
        steps(uv, tmp_path / "gone" / "log").take(*STEP)
    assert "The full output" not in str(failure.value)


def test_a_step_that_never_ends_is_named(tmp_path: Path) -> None:
    uv = Hanging(Path("/uv"), tmp_path, marker="i/build/kafka")
    with pytest.raises(BuildUnavailableError) as failure:
        steps(uv, tmp_path / "log").take(*STEP)
    assert str(failure.value).startswith(
        "/i/kafka/requirements.txt: installing did not end: a build has 600 s, and was ended with "
    )


def test_a_stop_is_no_failure(tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        steps(Stopped(Path("/uv"), tmp_path), tmp_path / "log").take(*STEP)


# --- the calls of uv


INSTALLATION = Installation(exclude_newer="7 days", only_binary=["six", "idna"])


@pytest.fixture
def calling(uv: FakeUv, tmp_path: Path) -> Steps:
    return steps(Uv(uv.path, tmp_path / "cache", INSTALLATION), tmp_path / "log")


def test_resolving_names_where_the_versions_to_keep_are_and_what_may_be_newer(
    calling: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    (tmp_path / "requirements.in").write_text("six\n")
    (tmp_path / "r.lock").touch()
    folder = Requirements("kafka", "pyproject.toml", tmp_path, ["six"])
    its = Inputs("kafka", folder, (), INSTALLATION, identity.own())
    calling.resolve(its, "3.10", "requirements.in", tmp_path / "r.lock", ["--upgrade"])
    (called,) = uv.calls
    assert called.startswith("pip compile --quiet --universal --generate-hashes")
    assert f"--python {identity.own().path} --python-version 3.10" in called
    assert "--exclude-newer 7 days --only-binary six --only-binary idna --upgrade" in called
    assert called.endswith(f"--output-file {tmp_path}/r.lock requirements.in")


def test_an_environment_is_created_so_that_it_can_be_moved(
    calling: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    calling.create(tmp_path / "env", "/usr/bin/python3.12")
    (called,) = uv.calls
    assert called.endswith(f"--python /usr/bin/python3.12 {tmp_path}/env")
    assert "--relocatable" in called


def test_what_the_cache_lacks_is_fetched_and_the_result_checked(
    calling: Steps, uv: FakeUv, tmp_path: Path
) -> None:
    uv.then("sync", 'case "$*" in *--offline*) exit 1;; esac')
    lock = tmp_path / "requirements.lock"
    lock.touch()
    calling.install(tmp_path / "env", [str(lock)], ["--require-hashes"], 1)
    python = f"--python {tmp_path}/env/bin/python"
    binary = "--only-binary six --only-binary idna"
    sync = f"pip sync --quiet --require-hashes {binary} {python} {lock}"
    assert uv.calls == [f"{sync} --offline", sync, f"pip check {python}"]
