"""What an environment must hold: the text of a requirements.txt, and the key it leads to.

The syntax is pip's: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import hashlib
import re
from pathlib import Path

import msgspec
from msgspec import Struct

from framework.environments.complaint import redacted
from framework.environments.python import Python
from framework.errors import BuildError

SCHEMA = 1  # counted up when environments are built in another way
MSGSPEC_FLOOR = "0.18"  # the oldest msgspec of an integration's own that the sdk can use
KEY_LENGTH = 32  # hex digits

COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)
CONTINUED = re.compile(r"\\\s*\n")
# Lines that bring in files whose content is not in the text, and so would not be in the key.
OTHER_FILE = re.compile(
    r"""-[rce] | --(requirement|constraint|editable)\b
      | (-f|--find-links) [\s=]*+ (?!/|\w+:)  # relative to a folder
      | [./~] | file: | \S+ \s* @ \s* (file:|[./~])
      | (?!\w[\w+.-]*://) [^\s@;\[=<>~!]* (/|\.whl\b|\.zip\b|\.tar\b)""",
    re.VERBOSE,
)


class Requirements(Struct, frozen=True):
    """`text` as it was read, `label` for progress, `source` as messages call it."""

    label: str
    source: str
    text: str

    @property
    def lines(self) -> list[str]:
        """What counts of the text: options as they stand, then requirements in order."""
        return normalised(self.text)


def read(path: Path) -> Requirements:
    """Read a requirements.txt; one that is missing asks for nothing."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}. Make it readable.") from error
    except UnicodeDecodeError as error:
        raise BuildError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    return Requirements(path.parent.name, str(path), text)


def exactly(name: str, version: str) -> Requirements:
    """Ask for one package in one version."""
    pin = f"{name}=={version}"
    return Requirements(pin, pin, pin)


def normalised(text: str) -> list[str]:
    """Drop comments and blank lines, collapse spaces, put requirements in alphabetical order.

    The order of options stays: the first of two indexes wins.
    """
    whole = CONTINUED.sub(" ", COMMENT.sub("", text))
    lines = [" ".join(line.split()) for line in whole.splitlines() if line.strip()]
    options = [line for line in lines if line.startswith("-")]
    return options + sorted(line for line in lines if not line.startswith("-"))


def key(requirements: Requirements, python: Python) -> str:
    """Name the environment that these requirements lead to with this Python."""
    inputs = (SCHEMA, requirements.lines, python, f"msgspec>={MSGSPEC_FLOOR}")
    return hashlib.sha256(msgspec.json.encode(inputs)).hexdigest()[:KEY_LENGTH]


def refuse_other_files(requirements: Requirements) -> None:
    """Raise BuildError for a line whose meaning can change while the text stays the same."""
    for line in requirements.lines:
        if OTHER_FILE.match(line):
            raise BuildError(
                f"{requirements.source}: {redacted(line)!r} names another file or folder; a change "
                "in it would go unnoticed. Write out here what it asks for, or name a package."
            )
