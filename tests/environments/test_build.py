import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest

from framework.environments import build, python, receipt, requirements
from framework.environments.build import Order
from framework.environments.installer import Uv
from framework.environments.requirements import Requirements
from framework.errors import BuildError, StoppedError
from framework.process import Completed
from tests.fakes.uv import FakeUv

OWN = python.own()
SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


class SlowUv(Uv, frozen=True):
    """Never ends."""

    def run(self, arguments: Sequence[str], stop: Event) -> Completed:
        raise TimeoutError(arguments, stop)


def order(text: str) -> Order:
    wanted = Requirements("kafka", "/i/kafka/requirements.txt", text)
    return Order(requirements.key(wanted, OWN), wanted, OWN)


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    return tmp_path / f"{order('six').key}-x1_z"


@pytest.fixture(autouse=True)
def _aside_exists(aside: Path) -> None:
    aside.mkdir()


def test_a_build_is_told_step_by_step_and_leaves_a_receipt(
    aside: Path, uv: FakeUv, stop: Event
) -> None:
    said: list[str] = []
    build.build(order("six # 1"), aside / "env", Uv(uv.path, aside / "cache"), stop, said.append)
    assert said[:3] == [
        "kafka: creating the environment",
        "kafka: resolving and installing, requirements: 1",
        "kafka: checking what was installed",
    ]
    assert said[3].startswith("kafka: built in ")
    written = receipt.found(aside / "env", order("six").key)
    assert written is not None
    assert written.uv == "9.9.9"
    assert written.packages == ["six==1.17.0"]
    assert written.requirements == ["six"]
    assert written.site_packages == SITE_PACKAGES


def test_what_is_installed_is_the_text_of_the_key(aside: Path, uv: FakeUv, stop: Event) -> None:
    build.build(order("six # 1"), aside / "env", Uv(uv.path, aside), stop, print)
    assert uv.installed == "six # 1"


def test_an_environment_is_relocatable_and_of_the_given_python(aside: Path) -> None:
    first = next(build.steps(order("six"), aside / "env", aside / "requirements.txt"))
    assert "--relocatable" in first.arguments
    assert first.arguments[-3:] == ["--python", OWN.path, str(aside / "env")]


def test_an_environment_without_requirements_is_one_step(aside: Path) -> None:
    assert len(list(build.steps(order("# none\n"), aside / "env", aside / "r.txt"))) == 1


def test_a_receipt_holds_no_credentials(aside: Path, uv: FakeUv, stop: Event) -> None:
    wanted = order("six @ https://me:secret@host/six-1.0-py3-none-any.whl")
    build.build(wanted, aside / "env", Uv(uv.path, aside), stop, print)
    assert b"secret" not in (aside / "env" / receipt.NAME).read_bytes()


def test_a_failing_step_says_which_and_what_uv_said_of_the_original_file(
    aside: Path, uv: FakeUv, stop: Event
) -> None:
    uv.then("install", 'echo "error: Couldn\'t parse requirement in \\`$last\\`" >&2; exit 2')
    with pytest.raises(BuildError) as failure:
        build.build(order("six"), aside / "env", Uv(uv.path, aside), stop, print)
    assert str(failure.value) == (
        "/i/kafka/requirements.txt: resolving and installing, requirements: 1 failed "
        "(uv: exit status 2):\n"
        "error: Couldn't parse requirement in `/i/kafka/requirements.txt`\n"
        "Correct the requirements."
    )
    assert not (aside / "env" / receipt.NAME).exists()


def test_what_does_not_fit_together_leaves_no_marker(aside: Path, uv: FakeUv, stop: Event) -> None:
    uv.then("check", "echo 'six requires idna, but it is not installed' >&2; exit 1")
    with pytest.raises(BuildError, match=r"checking what was installed failed.*\nsix requires"):
        build.build(order("six"), aside / "env", Uv(uv.path, aside), stop, print)
    assert not (aside / "env" / receipt.NAME).exists()


def test_a_step_that_never_ends_is_named(aside: Path, stop: Event) -> None:
    with pytest.raises(BuildError, match="creating the environment did not end within 600 s"):
        build.build(order("six"), aside / "env", SlowUv(Path("/uv"), aside), stop, print)


def test_a_stop_ends_a_build(aside: Path, uv: FakeUv, stop: Event) -> None:
    uv.then("install", "sleep 60")
    with pytest.raises(StoppedError):
        build.build(
            order("six"),
            aside / "env",
            Uv(uv.path, aside),
            stop,
            lambda line: stop.set() if "resolving" in line else None,
        )
