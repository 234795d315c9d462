import os
import sys
from pathlib import Path

import pytest

from framework.environments import python
from framework.errors import BuildError


def test_the_own_python_is_the_one_below_the_environment() -> None:
    own = python.own()
    assert Path(own.path) == Path(sys.executable).resolve()
    assert own.version == sys.version
    assert own.size == Path(own.path).stat().st_size


def test_a_python_that_was_upgraded_in_its_place_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "python"
    path.write_text("one")
    monkeypatch.setattr(sys, "_base_executable", str(path))
    before = python.own()
    os.utime(path, ns=(1, 1))
    assert python.own() != before


def test_a_python_that_was_removed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_base_executable", str(tmp_path / "python"))
    with pytest.raises(BuildError, match=r"/python: No such file.* Run `make sync`"):
        python.own()
