"""What an environment must hold: requirements.txt with its includes, or pyproject.toml."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from framework.environments import credentials
from framework.environments.inputs import lines
from framework.errors import RequirementsError

FILE, PROJECT, LOCK = "requirements.txt", "pyproject.toml", "requirements.lock"


class Requirements(Struct, frozen=True):
    """`source` is the name in messages; `lines` is all that counts, with included files.

    `text` is what to resolve if there is no requirements.txt in `folder`; `name` is the folder's.
    """

    name: str
    source: str
    folder: Path
    lines: list[str]
    text: str | None = None

    @property
    def places(self) -> list[str]:
        """The options that say where packages come from; they may hold credentials."""
        return [line for line in self.lines if lines.PLACES.match(line)]

    @property
    def forms(self) -> list[str]:
        """The options that say which packages are built from their sources, which never."""
        return [line for line in self.lines if lines.FORMS.match(line)]

    @property
    def local(self) -> list[Path]:
        """The files and folders of this machine that are installed from."""
        found = (lines.local(line, self.folder) for line in self.lines)
        return sorted({path for path in found if path is not None})


def read(folder: Path) -> Requirements:
    """Read the requirements of a folder; without either file there are none."""
    path = folder / FILE
    if not is_there(path) and is_there(folder / PROJECT):
        return _project(folder / PROJECT)
    found = list(_lines(path, [])) if is_there(path) else []
    return Requirements(folder.name, str(path), folder, lines.ordered(found))


def exactly(name: str, version: str) -> Requirements:
    """Return the requirements of one package in one version."""
    pin = f"{name}=={version}"
    return Requirements(pin, pin, Path("/"), [pin], pin)


def is_there(path: Path) -> bool:
    """Tell whether a file exists; raise RequirementsError if that cannot be found out."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    return True


def text_of(path: Path) -> str:
    """Return what a file says; raise RequirementsError if that cannot be read."""
    try:
        return path.read_text("utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise RequirementsError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error


def _unreadable(path: Path, error: OSError) -> RequirementsError:
    return RequirementsError(f"{path} cannot be read: {error.strerror}. Make it readable.")


def _lines(path: Path, above: list[Path]) -> Iterator[str]:
    if path in above:
        raise RequirementsError(f"{above[-1]} includes {path}, which includes it. Remove one.")
    for line in lines.split(text_of(path)):
        included = lines.INCLUDED.match(line)
        if included is None:
            yield lines.absolute(line, path.parent)
            continue
        if lines.URL.match(included["path"]):
            raise RequirementsError(
                f"{path}: {credentials.redacted(line)!r} names a file on another machine; a "
                "change in it would go unnoticed. Write out here what it asks for."
            )
        kind = "-c " if "c" in included["option"][:3] else ""
        for inner in _lines(path.parent / included["path"], [*above, path]):
            yield inner if inner.startswith("-") else f"{kind}{inner}"


def _project(path: Path) -> Requirements:
    try:
        project = tomllib.loads(text_of(path)).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise RequirementsError(f"{path} is not TOML: {error}. Correct it.") from error
    found = project.get("dependencies", []) if isinstance(project, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise RequirementsError(f"{path}: project.dependencies is not a list of strings.")
    if "dependencies" in project.get("dynamic", []):
        raise RequirementsError(
            f"{path}: the dependencies are dynamic, so only a build would tell them. "
            f"List them there, or in a {FILE} beside it."
        )
    text = "\n".join(found)
    return Requirements(path.parent.name, str(path), path.parent, lines.normalised(text), text)
