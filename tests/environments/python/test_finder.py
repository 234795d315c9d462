"""The Python of a version, at a path, or the supervisor's own; what is said when there is none."""

import os
import sys
from pathlib import Path

import msgspec
import pytest

from framework.environments.python import finder
from framework.environments.python.identity import Python, own
from framework.errors import RequirementsError

OTHERS = [version for version in ("3.10", "3.12", "3.13") if version != own().minor]
ONE, OTHER = OTHERS[:2]


class Machine:
    """A PATH with stand-ins for Pythons, which a survey knows: none of them could be started."""

    def __init__(self, folder: Path):
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.survey = folder / "pythons.json"
        self._known: dict[str, dict[str, object]] = {}

    def install(self, release: str, name: str = "", trouble: str | None = None) -> Path:
        path = self.bin / (name or f"python{release.rpartition('.')[0]}")
        path.write_bytes(b"\x7fELF" + release.encode())
        path.chmod(0o755)
        found = path.stat()
        version = f"{release} (main)"
        python = Python(str(path), found.st_size, found.st_mtime_ns, version, "linux")
        self._known[str(path)] = {"python": python, "trouble": trouble}
        self.survey.write_bytes(msgspec.json.encode(self._known))
        return path

    def find(self, wanted: str | None) -> Python:
        return finder.find(wanted, self.survey)

    def refusal(self, wanted: str) -> str:
        with pytest.raises(RequirementsError) as caught:
            self.find(wanted)
        return str(caught.value).replace(f"{self.bin}/", "")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(finder, "SYSTEM", ())
    return machine


def test_nothing_wanted_is_the_supervisors_own(machine: Machine) -> None:
    assert machine.find(None) == own()


def test_a_version_is_found_by_its_name(machine: Machine) -> None:
    path = machine.install(f"{ONE}.1")
    machine.install(f"{OTHER}.1")

    assert machine.find(ONE).path == str(path)
    assert machine.find(ONE).release == f"{ONE}.1"


def test_of_the_supervisors_own_version_its_own_is_taken(machine: Machine) -> None:
    machine.install(f"{own().minor}.1")

    assert machine.find(own().minor) == own()


def test_a_path_wins_over_every_name(machine: Machine) -> None:
    path = machine.install(f"{ONE}.4", "special")
    (machine.bin / "link").symlink_to(path)

    assert machine.find(str(path)).release == f"{ONE}.4"
    assert machine.find(str(machine.bin / "link")) == machine.find(str(path))


def test_a_missing_version_is_said_with_what_was_found_and_where(machine: Machine) -> None:
    machine.install(f"{OTHER}.7")
    found = sorted(
        [(OTHER, f"{OTHER}.7 (python{OTHER})"), (own().minor, f"{own().release} ({own().path})")],
        key=lambda pair: int(pair[0].rpartition(".")[2]),
    )

    assert machine.refusal(ONE) == (
        f"there is no Python {ONE} on this machine. Integrations run on CPython 3.10 to 3.13; "
        f"found: {found[0][1]}, {found[1][1]}. "
        "Install the one that is wanted, or name another with `python:`."
    )


def test_a_name_that_promises_another_version_is_passed_over(machine: Machine) -> None:
    machine.install(f"{OTHER}.1", f"python{ONE}")

    assert f"there is no Python {ONE}" in machine.refusal(ONE)


def test_another_implementation_is_passed_over(machine: Machine) -> None:
    machine.install(f"{ONE}.1", trouble=f"is pypy {ONE}.1")

    assert f"there is no Python {ONE}" in machine.refusal(ONE)


def test_a_python_that_was_removed_is_missed(machine: Machine) -> None:
    path = machine.install(f"{ONE}.1")
    machine.find(ONE)
    path.unlink()

    assert f"there is no Python {ONE}" in machine.refusal(ONE)
    assert machine.refusal(str(path)).startswith(f"python{ONE}: No such file or directory. ")


def test_what_is_at_a_path_must_be_of_use(machine: Machine) -> None:
    old = machine.install("3.9.18", "old", trouble="is Python 3.9.18")
    shim = machine.bin / "shim"
    shim.write_text("#!/bin/sh\n")

    assert machine.refusal(str(old)).startswith("old is Python 3.9.18. Integrations run on ")
    assert machine.refusal(str(shim)).startswith("shim is a script; name the Python that it starts")


def test_what_was_of_no_use_is_asked_again_once_nothing_was_found(machine: Machine) -> None:
    machine.install(f"{ONE}.1", trouble="does not say its version, but: libpython is missing")
    machine.refusal(ONE)

    assert "libpython" not in machine.survey.read_text()


def test_an_own_python_that_was_replaced_since_the_start_is_asked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = machine.install("3.11.99")
    monkeypatch.setattr(sys, "_base_executable", str(path))

    assert own().release != "3.11.99"  # what this process began with
    assert machine.find(None).release == "3.11.99"


def test_a_warm_search_starts_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install(f"{ONE}.1")
    monkeypatch.setattr(sys, "executable", "/nonexistent")  # what starts every child
    os.utime(machine.bin)

    assert machine.find(ONE).release == f"{ONE}.1"
    assert machine.find(None) == own()


# --- where Pythons are looked for


def program(path: Path, text: str = "\x7fELF") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(finder, "SYSTEM", (str(tmp_path / "system"),))
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

    assert list(finder.candidates("3.12")) == expected
    assert list(finder.candidates("3.13")) == []


@pytest.mark.usefixtures("home")
def test_pyenv_and_uv_are_looked_for_where_their_variables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    expected = [
        program(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python3.12"),
        program(tmp_path / "uv" / "cpython-3.12.4-linux-x86_64-gnu" / "bin" / "python3.12"),
    ]

    assert list(finder.candidates("3.12")) == expected


@pytest.mark.usefixtures("home")
def test_a_link_counts_as_what_it_leads_to_and_once(tmp_path: Path) -> None:
    real = program(tmp_path / "opt" / "python3.12")
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "python3.12").symlink_to(real)

    assert list(finder.candidates("3.12")) == [real]


def test_what_is_no_python_of_its_own_is_passed_over(tmp_path: Path, home: Path) -> None:
    program(tmp_path / "first" / "python3.12", "#!/usr/bin/env bash\n")
    program(tmp_path / "second" / "python3.12").chmod(0o644)
    (tmp_path / "system" / "python3.12").mkdir(parents=True)
    program(home / ".local/share/uv/python/cpython-3.12.4+freethreaded-linux/bin/python3.12")

    assert list(finder.candidates("3.12")) == []


@pytest.mark.usefixtures("home")
def test_without_a_path_the_usual_one_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")

    found = list(finder.candidates("3.11"))

    assert all(str(path.parent) in os.defpath for path in found)


def test_folders_of_another_user_are_passed_over(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may look everywhere; for others the search would end there."""
    closed = tmp_path / "closed"
    closed_program = program(closed / "versions" / "3.12.1" / "bin" / "python3.12")
    monkeypatch.setenv("PYENV_ROOT", str(closed))
    monkeypatch.setenv("PATH", str(tmp_path / "first"))
    found = program(tmp_path / "first" / "python3.12")
    closed.chmod(0)
    try:
        assert next(finder.candidates("3.12")) == found
        assert list(finder.candidates("3.12")) in ([found], [found, closed_program])
    finally:
        closed.chmod(0o700)
