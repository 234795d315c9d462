"""Where Pythons are looked for, and in what order."""

import os
from pathlib import Path

import pytest

from framework.environments.python import places


def program(path: Path, text: str = "\x7fELF") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(places, "SYSTEM", (str(tmp_path / "system"),))
    monkeypatch.setenv("PATH", f"{tmp_path}/first:relative:{tmp_path}/second")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_path_comes_first_then_pyenv_then_uv_then_the_system(tmp_path: Path, home: Path) -> None:
    uv = home / ".local" / "share" / "uv" / "python"
    expected = [
        program(tmp_path / "first" / "python3.12"),
        program(tmp_path / "second" / "python3.12"),
        program(home / ".pyenv" / "versions" / "3.12.10" / "bin" / "python3.12"),
        program(home / ".pyenv" / "versions" / "3.12.9" / "bin" / "python3.12"),
        program(uv / "cpython-3.12.4-linux-x86_64-gnu" / "bin" / "python3.12"),
        program(tmp_path / "system" / "python3.12"),
    ]

    assert list(places.candidates("3.12")) == expected
    assert list(places.candidates("3.13")) == []


def test_pyenv_and_uv_are_looked_for_where_their_variables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    expected = [
        program(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python3.12"),
        program(tmp_path / "uv" / "cpython-3.12.4-linux-x86_64-gnu" / "bin" / "python3.12"),
    ]

    assert list(places.candidates("3.12")) == expected


def test_a_link_counts_as_what_it_leads_to_and_once(tmp_path: Path) -> None:
    real = program(tmp_path / "opt" / "python3.12")
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "python3.12").symlink_to(real)

    assert list(places.candidates("3.12")) == [real]


def test_what_is_no_python_of_its_own_is_passed_over(tmp_path: Path, home: Path) -> None:
    program(tmp_path / "first" / "python3.12", "#!/usr/bin/env bash\n")
    program(tmp_path / "second" / "python3.12").chmod(0o644)
    (tmp_path / "system" / "python3.12").mkdir(parents=True)
    program(home / ".local/share/uv/python/cpython-3.12.4+freethreaded-linux/bin/python3.12")

    assert list(places.candidates("3.12")) == []


def test_without_a_path_the_usual_one_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")

    found = list(places.candidates("3.11"))

    assert all(str(path.parent) in os.defpath for path in found)
