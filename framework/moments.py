"""Points in time as text: ISO 8601 in UTC with milliseconds, as Port writes them."""

import time
from datetime import UTC, datetime


def text(seconds: float) -> str:
    """Return the text of a point in time given in Unix seconds."""
    return of(datetime.fromtimestamp(seconds, UTC))


def now(later: float = 0.0) -> str:
    """Return the text of the present, or of so many seconds later."""
    return text(time.time() + later)


def of(moment: datetime) -> str:
    """Return the text of a `datetime`; one without a zone is UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
