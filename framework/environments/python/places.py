"""Where a machine keeps its Pythons: PATH, pyenv's and uv's folders, the system's."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

SYSTEM = ("/usr/local/bin", "/usr/bin")


def candidates(version: str) -> Iterator[Path]:
    """Yield the real path of every program that may be Python `version` ("3.12"), once each.

    PATH comes first, in its order; of pyenv's and uv's the newest release comes first. Scripts are
    left out: the shims of pyenv and others start now this Python, now that one.
    """
    seen = set()
    for folder in _folders(version):
        program = f"{folder}/python{version}"
        if not os.access(program, os.R_OK | os.X_OK):
            continue
        path = Path(os.path.realpath(program))
        if path not in seen and path.is_file() and not is_script(path):
            seen.add(path)
            yield path


def is_script(path: Path) -> bool:
    """Tell whether the file is a script; raise OSError if it cannot be read."""
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _folders(version: str) -> Iterator[str]:
    environ = os.environ
    on_path = environ.get("PATH", os.defpath).split(os.pathsep)
    yield from (folder for folder in on_path if folder.startswith("/"))
    home = environ.get("HOME", "")
    pyenv = environ.get("PYENV_ROOT", f"{home}/.pyenv")
    yield from _newest_first(Path(pyenv, "versions"), f"{version}.*")
    data = environ.get("XDG_DATA_HOME", f"{home}/.local/share")
    uv = environ.get("UV_PYTHON_INSTALL_DIR", f"{data}/uv/python")
    yield from _newest_first(Path(uv), f"cpython-{version}.*")
    yield from SYSTEM


def _newest_first(folder: Path, pattern: str) -> list[str]:
    # uv's "cpython-3.13.0+freethreaded-…" are another sort of Python.
    found = (release for release in folder.glob(pattern) if "+" not in release.name)
    return [f"{release}/bin" for release in sorted(found, key=_numbers, reverse=True)]


def _numbers(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]
