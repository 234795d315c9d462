"""Which integrations an event concerns."""

from collections.abc import Iterable

from framework.events import Event


def concerned(event: Event, identifiers: Iterable[str]) -> tuple[str, ...]:
    """Return those of `identifiers` that the event is for; an event for nobody is for everybody."""
    return tuple(name for name in identifiers if event.integration in (None, name))
