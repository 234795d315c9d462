"""The lines of a requirements file: what counts in them, and what they refer to.

The syntax is pip's: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)
CONTINUED = re.compile(r"\\\s*\n")
INCLUDED = re.compile(r"(?P<option>-[rc]|--requirements?\b|--constraints?\b)[\s=]*(?P<path>\S+)")
EDITABLE = re.compile(r"^(?:-e\s*|--editable[\s=]+)")
NAMED = re.compile(r"[\w.\-]+\s*(?:\[[^\]]*\])?\s*@\s*")
URL = re.compile(r"(?!file:)\w[\w+.\-]*:")
PATH = re.compile(r"file:|[./~]|[^\s@;\[=<>~!]*(?:/|\.whl\b|\.zip\b|\.tar\b)")
TOKEN = re.compile(r"[^\s;\[#]+")
# Options that say where packages come from, and in which form.
PLACES = re.compile(r"(-i|-f|--(extra-)?index-url|--find-links|--no-index)\b")
FORMS = re.compile(r"--(no|only)-binary\b")
FIND_LINKS = re.compile(r"(?P<option>-f|--find-links)[\s=]*+(?P<path>(?!/|\w+:).+)")


def normalised(text: str) -> list[str]:
    """Drop comments and blank lines, collapse spaces, put requirements in alphabetical order.

    The order of options stays: the first of two indexes comes first.
    """
    return ordered(split(text))


def split(text: str) -> list[str]:
    """Return the lines that count, continued ones as one."""
    joined = CONTINUED.sub(" ", COMMENT.sub("", text))
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip()]


def ordered(lines: list[str]) -> list[str]:
    """Put options first, as they stand, then requirements in alphabetical order."""
    options = [line for line in lines if is_option(line)]
    return options + sorted(line for line in lines if not is_option(line))


def is_option(line: str) -> bool:
    """Tell whether a line is about all requirements; an editable one is a requirement."""
    return line.startswith("-") and not EDITABLE.match(line)


def token(line: str) -> str | None:
    """Return the part of a requirement that names a file or folder of this machine, if one does."""
    bare = EDITABLE.sub("", line)
    named = NAMED.match(bare)
    rest = bare[named.end() :] if named else bare
    if is_option(line) or URL.match(rest):
        return None
    if bare == line and not PATH.match(rest):
        return None
    found = TOKEN.match(rest)
    return found[0] if found else None


def local(line: str, folder: Path) -> Path | None:
    """Return what a requirement installs from, if that is a file or folder of this machine."""
    found = token(line)
    if found is None:
        return None
    return folder / (unquote(urlsplit(found).path) if found.startswith("file:") else found)


def absolute(option: str, folder: Path) -> str:
    """Return an option so that it means the same in a file in another folder."""
    found = FIND_LINKS.fullmatch(option)
    if found is None:
        return option
    path = found["path"].strip("\"'")
    if not URL.match(path):
        path = str(folder / path)
    return f"{found['option']} {Path(path).as_uri() if ' ' in path else path}"
