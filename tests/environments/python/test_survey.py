"""What a Python says about itself, and how long that is remembered, across processes."""

import os
import sys
from pathlib import Path
from threading import Timer

import pytest

from framework.environments import turns
from framework.environments.python import survey
from framework.environments.python.identity import own
from framework.environments.python.survey import Answer, NoAnswerError, Survey


class Program:
    """A stand-in for a Python that counts how often it was asked."""

    def __init__(self, folder: Path):
        self.path = folder / "python"
        self._log = folder / "asked"
        self.say('["cpython", "3.12.1 (main)", "linux"]')

    def say(self, text: str) -> None:
        self.path.write_text(f"#!/bin/sh\necho >> {self._log}\necho '{text}'\n")
        self.path.chmod(0o755)

    @property
    def asked(self) -> int:
        return len(self._log.read_text()) if self._log.exists() else 0


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "environments" / "pythons.json"


def test_a_python_is_asked_once(program: Program, file: Path) -> None:
    first = Survey(file).about(program.path)
    second = Survey(file).about(program.path)

    assert first == second
    assert first.python.release == "3.12.1"
    assert first.python.size == program.path.stat().st_size
    assert program.asked == 1


def test_a_python_that_was_replaced_in_its_place_is_asked_again(
    program: Program, file: Path
) -> None:
    before = Survey(file).about(program.path).python
    program.say('["cpython", "3.12.2 (main)", "linux"]')
    os.utime(program.path, ns=(1, 1))

    assert Survey(file).about(program.path).python.release == "3.12.2"
    assert before.release == "3.12.1"
    assert program.asked == 2


def test_a_python_that_is_gone_is_an_error(program: Program, file: Path) -> None:
    Survey(file).about(program.path)
    program.path.unlink()

    with pytest.raises(FileNotFoundError):
        Survey(file).about(program.path)


def test_a_broken_one_is_remembered_until_it_is_to_be_asked_again(
    program: Program, file: Path
) -> None:
    program.say("Segmentation fault")
    remembered = Survey(file)

    assert remembered.about(program.path).trouble == "does not say its version, but: nothing"
    assert Survey(file).about(program.path).trouble is not None
    assert program.asked == 1

    remembered.forget_troubled()
    Survey(file).about(program.path)
    assert program.asked == 2


def test_one_that_cannot_be_started_is_not_remembered(tmp_path: Path, file: Path) -> None:
    def cannot_start() -> str | None:
        Survey(file).about(program.path)
        return Survey(file).about(program.path).trouble

    program = Program(tmp_path)
    before, sys.executable = sys.executable, "/nonexistent"  # what starts every child
    try:
        trouble = cannot_start()
    finally:
        sys.executable = before

    assert trouble is not None
    assert trouble.startswith("cannot be asked for its version: ")
    assert not file.exists()


def test_two_that_remember_at_once_keep_what_the_other_knows(program: Program, file: Path) -> None:
    first, second = Survey(file), Survey(file)
    first.about(program.path)
    second.about(Path(own().path))

    Survey(file).about(program.path)
    assert program.asked == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": {"python": {}}}', "\udcff"])
def test_a_memory_that_cannot_be_read_is_an_empty_one(
    program: Program, file: Path, text: str
) -> None:
    file.parent.mkdir()
    file.write_text(text, errors="surrogateescape")

    assert Survey(file).about(program.path).python.release == "3.12.1"
    assert Survey(file).about(program.path).python.release == "3.12.1"
    assert program.asked == 1


def test_a_memory_that_cannot_be_written_costs_nothing_but_asking_again(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "occupied").touch()
    file = tmp_path / "occupied" / "pythons.json"

    assert Survey(file).about(program.path).python.release == "3.12.1"
    assert Survey(file).about(program.path).python.release == "3.12.1"
    assert program.asked == 2


def test_another_writer_is_waited_for(program: Program, file: Path) -> None:
    file.parent.mkdir()
    lock = file.with_suffix(".lock").open("a")
    assert turns.taken(lock)

    Timer(0.3, lock.close).start()
    Survey(file).about(program.path)

    assert lock.closed
    assert file.exists()


# --- one Python asked


def script(folder: Path, text: str) -> Path:
    path = folder / "python3.12"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_python_says_of_itself_what_the_supervisor_says_of_its_own() -> None:
    answer = survey.ask(Path(sys.executable))

    assert (answer.version, answer.platform) == (own().version, own().platform)
    assert survey.trouble(answer) is None


def test_the_last_words_of_what_does_not_run_are_kept(tmp_path: Path) -> None:
    broken = script(tmp_path, "echo first >&2; echo libpython3.12.so.1.0: not found. >&2; exit 127")

    with pytest.raises(NoAnswerError, match=r"but: libpython3\.12\.so\.1\.0: not found$"):
        survey.ask(broken)


def test_a_program_that_says_nothing_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match="does not say its version, but: nothing"):
        survey.ask(script(tmp_path, "exit 0"))


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer("cpython", "3.10.0 (default)", "linux"), None),
        (Answer("cpython", "3.13.0rc1 (main)", "linux"), None),
        (Answer("cpython", "3.9.18 (main)", "linux"), "is Python 3.9.18"),
        (Answer("cpython", "3.14.0a1 (main)", "linux"), "is Python 3.14.0a1"),
        (Answer("pypy", "3.10.14 (x)", "linux"), "is pypy 3.10.14"),
    ],
)
def test_only_cpython_of_four_versions_will_do(answer: Answer, trouble: str | None) -> None:
    assert survey.trouble(answer) == trouble
