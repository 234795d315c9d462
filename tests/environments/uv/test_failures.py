import errno
from pathlib import Path

import pytest

from framework.environments.uv import failures
from framework.errors import BuildError
from framework.errors import BuildUnavailableError as Later
from framework.errors import RequirementsError as Wrong
from framework.process import Completed


def test_a_complaint_names_the_step_repeats_uv_and_says_what_to_do() -> None:
    failed = Completed(1, "", "error: No solution found\n  cause: you require six<1 and six>1\n")
    assert str(failures.failure("r.txt: installing", failed, [])) == (
        "r.txt: installing failed (uv: exit status 1):\n"
        "error: No solution found\n  cause: you require six<1 and six>1\n"
        "Correct the requirements."
    )


def test_of_many_lines_the_last_ones_are_kept() -> None:
    failed = Completed(1, "", "\n".join(f"line {n}" for n in range(1000)))
    said = str(failures.failure("r.txt: installing", failed, [])).splitlines()
    assert said[1:3] == ["line 960", "line 961"]
    assert said[-2] == "line 999"


def test_what_was_printed_elsewhere_is_used_where_there_is_no_error_text() -> None:
    checking = [Completed(1, "six is broken", ""), Completed(1, "", " \n")]
    told, silent = (str(failures.failure("checking", failed, [])) for failed in checking)
    assert "six is broken" in told
    assert "it printed nothing" in silent


@pytest.mark.parametrize(
    ("status", "said", "sort", "cure"),
    [
        (1, "No solution found\nhint: the network was disabled", Later, "offline: false"),
        (1, "Network connectivity is disabled, but", Later, "offline: false"),
        (1, "No solution found\nhint: (401 Unauthorized)", Later, "credentials"),
        (1, "hint: An index returned a 403 Forbidden error", Later, "no other index was asked"),
        (1, "No solution found: connection-pool was not found", Wrong, "Correct the requirements"),
        (2, "error sending request for url", Later, "can be reached"),
        (1, "fatal: Could not resolve host: github.com", Later, "can be reached"),
        (2, "HTTP status server error (500 Internal Server Error)", Later, "can be reached"),
        (2, "failed to write: No space left on device (os error 28)", Later, "Free some space"),
        (2, "Permission denied (os error 13)", Later, "writable"),
        (2, "No interpreter found at path `/p`", Wrong, "Install that Python again"),
        (2, "Couldn't parse requirement", Wrong, "Correct the requirements"),
        (2, "Unexpected '-', expected '-c'", Wrong, "Correct the requirements"),
        (1, "Hash mismatch for `six==1.17.0`", Wrong, "build --upgrade PACKAGE"),
        (1, "no usable wheels\nhint: building from source is disabled", Wrong, "onlyBinary"),
        (1, "Failed to build `mine`", Wrong, "Correct the requirements"),
        (2, "something new", Later, "tried again"),
        (-9, "", Later, "killed by signal 9"),
    ],
)
def test_a_failure_is_of_one_of_two_sorts_and_says_what_to_do(
    status: int, said: str, sort: type[BuildError], cure: str
) -> None:
    failure = failures.failure("r.txt: installing", Completed(status, "", said), [])
    assert type(failure) is sort
    assert cure in str(failure)


def test_a_full_disk_is_told_with_the_cure() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/state/build/x")
    told = failures.refused(full, "kafka", Path("/state"))
    assert type(told) is Later
    assert str(told) == (
        "/state/build/x: No space left on device (while building the environment of kafka). "
        "Free some space on the state folder's file system: `supervisor.py env gc` may do."
    )


def test_a_refusal_without_a_name_is_about_the_root() -> None:
    told = failures.refused(OSError(errno.EIO, "Input/output error"), "kafka", Path("/state"))
    assert str(told).startswith("/state: Input/output error (while")
    assert str(told).endswith("Check the state folder: space, rights.")
