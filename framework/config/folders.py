"""Where integrations live: `integrationsPath:`, a list of folders searched for `<type>/main.py`."""

from pathlib import Path

from msgspec import Struct

from framework.config.sections import Sections
from framework.document.fit import MisfitError, near
from framework.errors import ConfigError

SECTION = "integrationsPath"
MAIN = "main.py"
DEFAULT = Path(__file__).resolve().parents[2] / "integrations"


class Folders(Struct, frozen=True):
    """The contents of the searched folders: every type's real path, and folders without main.py."""

    roots: list[Path]
    types: dict[str, Path]
    others: dict[str, Path]

    def find(self, name: str) -> Path:
        """Return the folder of a type, the first if there are several. Raises MisfitError."""
        if name in self.types:
            return self.types[name]
        if name in self.others:
            raise MisfitError(("type",), f"{self.others[name]} has no {MAIN} that can be read")
        known = ", ".join(sorted(self.types)) or "none"
        searched = ", ".join(str(root) for root in self.roots)
        hint = near(name, self.types) or ";"
        raise MisfitError(
            ("type",), f"unknown type {name!r}{hint} known types: {known} (in {searched})"
        )


def read(sections: Sections, base: Path) -> Folders:
    """Search the folders of `integrationsPath:`; relative ones start at `base`."""
    written = sections.read(SECTION, list[str], [str(DEFAULT)])
    folders = Folders([base / _expanded(folder) for folder in written], {}, {})
    for index, root in enumerate(folders.roots):
        try:
            _search(root, folders)
        except ConfigError as error:
            sections.problems.add((SECTION, index), str(error))
    return folders


def _search(root: Path, folders: Folders) -> None:
    try:
        for folder in sorted(root.iterdir()):
            known = folders.types if _has_main(folder) else folders.others
            known.setdefault(folder.name, folder.resolve())
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{str(root)!r} is not a path: {error}") from error


def _has_main(folder: Path) -> bool:
    try:
        return (folder / MAIN).is_file()
    except OSError:  # it is closed to us: only who names it must be told
        return False


def _expanded(folder: str) -> Path:
    try:
        return Path(folder).expanduser()
    except RuntimeError:  # no home is known; the search will report the missing folder
        return Path(folder)
