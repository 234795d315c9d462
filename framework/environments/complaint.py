"""Why a build failed, for an operator: the step, uv's own words, what to do next."""

import re
from collections.abc import Iterable

from framework.process import Completed

LAST_LINES = 40  # of what uv printed; its explanation stands at the end
USERINFO = re.compile(r"(\b[a-z][\w+.-]*://)[^/\s]*@", re.IGNORECASE)
HIDDEN = "***"

OTHERWISE = "Correct the requirements."
# The first row that matches decides.
ADVICE = (
    (r"network was disabled", "Start once without UV_OFFLINE, or name a folder in UV_FIND_LINKS."),
    (
        r"\b40[13] (unauthorized|forbidden)",
        "Check the credentials of the package index (UV_INDEX_<NAME>_USERNAME and _PASSWORD).",
    ),
    (r"no solution found", OTHERWISE),
    (r"no space left|quota exceeded", "Free some space on the state folder's file system."),
    (r"permission denied", "Make the state folder writable for the supervisor's user."),
    (r"no interpreter found", "Run `make sync` and start the supervisor again."),
    (
        r"error sending request|failed to fetch|dns error|timed out|status server error",
        "Check that the package index can be reached from this machine.",
    ),
)


def explain(what: str, completed: Completed, secrets: Iterable[str]) -> str:
    """Compose the message; `what` names the requirements and the step that failed."""
    printed = completed.stderr.strip() or completed.stdout.strip() or "(it printed nothing)"
    said = redacted("\n".join(printed.splitlines()[-LAST_LINES:]), secrets)
    return f"{what} failed (uv: exit status {completed.status}):\n{said}\n{advice(said)}"


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Hide the credentials in URLs, and every one of `secrets`."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return USERINFO.sub(rf"\1{HIDDEN}@", text)


def advice(said: str) -> str:
    """Say what to do next about what uv said."""
    matching = (then for pattern, then in ADVICE if re.search(pattern, said, re.IGNORECASE))
    return next(matching, OTHERWISE)
