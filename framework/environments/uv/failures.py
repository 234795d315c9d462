"""Why a build failed, for an operator: the step, uv's own words, what to do next.

There are two sorts: someone must change the requirements, or it may work later.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from framework.environments import credentials
from framework.errors import BuildError, BuildUnavailableError, RequirementsError
from framework.process import Completed

LAST_LINES = 40  # of what uv printed; the explanation is at the end
ERROR = 2  # uv's exit status for what it did not expect; 1 is for what can be foreseen


class Cause(Struct, frozen=True):
    """What uv prints (a pattern), which sort of failure it is, what to do."""

    pattern: str
    sort: type[BuildError]
    cure: str


SPACE = "Free some space on the state folder's file system: `supervisor.py env gc` may do."
RIGHTS = "Make the state folder writable for the supervisor's user."
REACH = "Check that the package index can be reached from this machine."
REQUIREMENTS = "Correct the requirements."
UNKNOWN = Cause("", BuildUnavailableError, "It is tried again; the full output tells more.")
OTHERWISE = Cause("", RequirementsError, REQUIREMENTS)
# The first row that matches decides.
CAUSES = (
    Cause(r"no space left|quota exceeded|os error (28|122)\b", BuildUnavailableError, SPACE),
    Cause(
        r"hash mismatch",
        RequirementsError,
        "The index serves other files than when the lock was made. If that is known to be right, "
        "run `supervisor.py build --upgrade PACKAGE`; if not, somebody tampers with them.",
    ),
    Cause(
        r"network was disabled|connectivity is disabled",
        BuildUnavailableError,
        "Put the missing package into a folder that `findLinks` names, or set `offline: false`.",
    ),
    Cause(
        r"\b40[13] (unauthorized|forbidden)|\(40[13] ",
        BuildUnavailableError,
        "Check the credentials of the package index (`indexes:`); no other index was asked.",
    ),
    Cause(
        r"error sending request|failed to fetch|dns error|timed out|status server error"
        r"|could not resolve host|connection (refused|reset)|unexpected eof",
        BuildUnavailableError,
        REACH,
    ),
    Cause(r"permission denied|read-only file system", BuildUnavailableError, RIGHTS),
    Cause(
        r"no interpreter found|broken (symlink|python)",
        RequirementsError,
        "Install that Python again, or set `python:` to another one.",
    ),
    Cause(
        r"no usable wheels|building from source is disabled",
        RequirementsError,
        "Ask for another version, or take the package out of `onlyBinary`.",
    ),
    Cause(r"no solution found|parse|included file|unexpected '", RequirementsError, REQUIREMENTS),
)


def failure(what: str, completed: Completed, secrets: Iterable[str]) -> BuildError:
    """Return the error for a step that failed; `what` names the requirements and the step."""
    printed = completed.stderr.strip() or completed.stdout.strip() or "(it printed nothing)"
    said = credentials.redacted("\n".join(printed.splitlines()[-LAST_LINES:]), secrets)
    cause = diagnose(said, completed.status)
    return cause.sort(f"{what} failed (uv: {ended(completed.status)}):\n{said}\n{cause.cure}")


def refused(error: OSError, what: str, root: Path) -> BuildError:
    """Return the error for a file operation that failed while building for `what`."""
    said = f"{error.filename or root}: {error.strerror}"
    cause = diagnose(f"{said} (os error {error.errno})", ERROR)
    cure = cause.cure if cause.pattern else "Check the state folder: space, rights."
    return BuildUnavailableError(f"{said} (while building the environment of {what}). {cure}")


def diagnose(said: str, status: int) -> Cause:
    """Return the first cause that matches."""
    matching = (one for one in CAUSES if re.search(one.pattern, said, re.IGNORECASE))
    return next(matching, OTHERWISE if status == 1 else UNKNOWN)


def ended(status: int) -> str:
    """Describe how a program ended."""
    return f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
