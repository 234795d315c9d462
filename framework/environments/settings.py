"""How an environment is installed: `environments:` in config.yaml, the same keys on an item."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from msgspec import Meta, structs

from framework.environments.credentials import HIDDEN
from framework.settings import Settings

# In a password / ? # and @ must be encoded: otherwise it is not recognised, and shown.
URL = (
    r"(?:https?://(?:[^\s@/?#]+@)?(?:[^\s@/?#:\[\]]+|\[[\da-fA-F:.]+\])(?::\d+)?(?:/[^\s@?#]*)?"
    r"|file:///[^\s@?#]*)"
)
VERSION = re.compile(r"3\.1[0-3]")  # what an integration's process can run on
SCHEME = re.compile(r"[A-Za-z][\w+.\-]*://")
# Some registries take a token as a folder: https://dl.cloudsmith.io/<token>/acme/python/simple
TOKEN = re.compile(r"(?<=/)(?=[^/]*\d)[\w\-]{16,}(?=/|\Z)")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
UNIT = r"(?:w(?:eeks?)?|d(?:ays?)?|h(?:ours?)?|min(?:utes?)?)"
AGE = rf"\d+ ?{UNIT}|P\d+[WD]|PT\d+[HM]"

Version = Annotated[
    str,
    Meta(
        pattern=rf"^(?:{VERSION.pattern}|[^\0]*/[^\0]*)\Z",
        description='a version, "3.10" to "3.13", or the path of a Python',
    ),
]
Index = Annotated[
    str,
    Meta(
        pattern=rf"^{URL}\Z",
        description=(
            "a URL such as https://user:${PASSWORD}@example.com/simple; "
            "write special characters in user and password as %XX"
        ),
    ),
]
Wheels = Annotated[
    str,
    Meta(
        pattern=rf"^(?:(?!{SCHEME.pattern})[^\0]+|{URL})\Z",
        description="a folder with wheels, or the URL of a page that links to them",
    ),
]
Moment = Annotated[
    str,
    Meta(
        pattern=rf"^(?:{DATE.pattern}.*|{AGE})\Z",
        description='a date ("2026-11-24"), a timestamp, or an age ("7 days")',
    ),
]
Package = Annotated[
    str,
    Meta(
        pattern=r"^(?::all:|[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)\Z",
        description="the name of a package, or :all:",
    ),
]


class Installation(Settings, frozen=True):
    """Which Python, and where packages come from.

    `indexes` come before the default index and may carry credentials; `find_links` are folders or
    pages with wheels; `only_binary` names packages that are never built from their sources.
    """

    python: Version | None = None
    indexes: list[Index] = []
    find_links: list[Wheels] = []
    offline: bool = False
    exclude_newer: Moment | None = None
    only_binary: list[Package] = []

    def __post_init__(self) -> None:
        """Refuse a date that does not exist."""
        if self.exclude_newer and DATE.match(self.exclude_newer):
            try:
                datetime.fromisoformat(self.exclude_newer)
            except ValueError as error:
                raise ValueError(f"excludeNewer {self.exclude_newer!r}: {error}") from error

    def __repr__(self) -> str:
        """Leave out credentials."""
        return f"Installation({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave out credentials in what rich prints, too."""
        return self._shown()

    @property
    def secrets(self) -> list[str]:
        """The credentials in the URLs, as written and decoded; other programs may print them."""
        urls = [urlsplit(url) for url in (*self.indexes, *self.find_links)]
        written = [url.password or url.username for url in urls]
        written += [token for url in urls if url.scheme for token in TOKEN.findall(url.path)]
        return list(dict.fromkeys(form for one in written if one for form in (one, unquote(one))))

    def beside(self, folder: Path) -> "Installation":
        """Return the same with its paths relative to the folder of config.yaml."""
        return structs.replace(
            self,
            python=_located(self.python, folder) if self.python else None,
            find_links=[_located(wheels, folder) for wheels in self.find_links],
        )

    def public(self) -> "Installation":
        """Return the same without credentials; it may be shown, and be part of a key."""
        return structs.replace(
            self,
            indexes=[_public(url) for url in self.indexes],
            find_links=[_public(url) for url in self.find_links],
        )

    def _shown(self) -> list[tuple[str, Any]]:
        public = self.public()
        return [(name, getattr(public, name)) for name in Installation.__struct_fields__]


def _located(text: str, folder: Path) -> str:
    if VERSION.fullmatch(text) or SCHEME.match(text):
        return text
    try:
        return str(folder / Path(text).expanduser())
    except RuntimeError:  # no home folder is known; a missing file is reported when it is needed
        return str(folder / text)


def _public(text: str) -> str:
    if not SCHEME.match(text):
        return text
    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, path=TOKEN.sub(HIDDEN, parts.path)).geturl()
