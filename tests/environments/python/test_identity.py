import os
import sys
from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.python import identity
from framework.environments.python.identity import Python
from framework.errors import RequirementsError

BEFORE = Python("/usr/bin/python3.11", 100, 5, "3.11.7 (main, May  9 2026) [GCC 12.2.0]", "linux")


def test_the_own_python_is_the_one_below_the_environment() -> None:
    own = identity.own()
    assert Path(own.path) == Path(sys.executable).resolve()
    assert own.version == sys.version
    assert own.size == Path(own.path).stat().st_size


def test_a_python_that_was_upgraded_in_its_place_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "python"
    path.write_text("one")
    monkeypatch.setattr(sys, "_base_executable", str(path))
    before = identity.own()
    os.utime(path, ns=(1, 1))
    assert identity.own() != before


def test_a_python_that_was_removed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_base_executable", str(tmp_path / "python"))
    with pytest.raises(RequirementsError, match=r"/python: No such file.* Run `make sync`"):
        identity.own()


def test_a_version_has_a_short_form() -> None:
    assert (BEFORE.release, BEFORE.minor) == ("3.11.7", "3.11")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"version": "3.11.9 (main)", "mtime_ns": 6}, "Python 3.11.7 → 3.11.9"),
        (
            {"path": "/opt/python3.11"},
            "Python 3.11.7 moved from /usr/bin/python3.11 to /opt/python3.11",
        ),
        ({"mtime_ns": 6}, "Python 3.11.7 was replaced by another build of it"),
    ],
)
def test_a_change_is_said_in_the_words_of_operators(changes, said) -> None:
    assert identity.change(BEFORE, structs.replace(BEFORE, **changes)) == said
