"""Which integrations an event concerns."""

from collections.abc import Iterable

from framework.events import Event


def concerned(event: Event, identifiers: Iterable[str]) -> tuple[str, ...]:
    """Return the identifiers that the event is for: the one it names, or all if it names none."""
    return tuple(name for name in identifiers if event.integration in (None, name))
