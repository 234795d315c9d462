"""Credentials in texts that others may read: logs, messages, receipts, keys."""

import re
from collections.abc import Iterable

USERINFO = re.compile(r"(\b[a-z][\w+.-]*://)[^/\s]*@", re.IGNORECASE)
HIDDEN = "***"


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Hide the credentials in URLs, and every one of `secrets`."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return USERINFO.sub(rf"\1{HIDDEN}@", text)
