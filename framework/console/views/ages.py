"""Times as people say them."""

from datetime import datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def said(seconds: float) -> str:
    """Return a length of time in its largest whole unit: `3 min`; days from two on."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    return f"{whole // HOUR} h" if whole < 2 * DAY else f"{whole // DAY} d"


def since(stamp: str | None, now: datetime) -> str:
    """Return how long ago an ISO 8601 time was; nothing for none."""
    return said((now - datetime.fromisoformat(stamp)).total_seconds()) if stamp else ""


def until(stamp: str | None, now: datetime) -> str:
    """Return in how long an ISO 8601 time will be; nothing for none."""
    if not stamp:
        return ""
    ahead = (datetime.fromisoformat(stamp) - now).total_seconds()
    return f"in {said(ahead)}" if ahead > 0 else "now"


def clock(stamp: str) -> str:
    """Return an ISO 8601 time without its fractions: `2026-01-31 12:00:00`."""
    return stamp[: len("2026-01-31T12:00:00")].replace("T", " ")
