"""What a Python says about itself, and what no integration can run on."""

import sys
from pathlib import Path

import pytest

from framework.environments.python import interview
from framework.environments.python.identity import own
from framework.environments.python.interview import Answer, NoAnswerError


def script(folder: Path, text: str) -> Path:
    path = folder / "python3.12"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_python_says_of_itself_what_the_supervisor_says_of_its_own() -> None:
    answer = interview.ask(Path(sys.executable))

    assert (answer.version, answer.platform) == (own().version, own().platform)
    assert interview.trouble(answer) is None


def test_the_last_words_of_what_does_not_run_are_kept(tmp_path: Path) -> None:
    broken = script(tmp_path, "echo first >&2; echo libpython3.12.so.1.0: not found. >&2; exit 127")

    with pytest.raises(NoAnswerError, match=r"but: libpython3\.12\.so\.1\.0: not found$"):
        interview.ask(broken)


def test_a_program_that_says_nothing_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match="does not say its version, but: nothing"):
        interview.ask(script(tmp_path, "exit 0"))


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
    assert interview.trouble(answer) == trouble
