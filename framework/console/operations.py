"""What operators can ask of a running supervisor."""

from typing import Protocol


class Operations(Protocol):
    """Called by the console's API from several threads at a time.

    msgspec must be able to encode the answers. An unknown identifier is a ConfigError that names
    the known ones; any other FrameworkError says why it could not be done.
    """

    def status(self) -> object:
        """Return the supervisor, its triggers and its integrations."""
        ...

    def resync(self, identifier: str) -> str:
        """Record a resync; return the id of its event."""
        ...

    def desire(self, identifier: str, desired: str) -> None:
        """Set what an integration is to do from now on: `run` (at once), `pause` or `stop`."""
        ...

    def restart(self, identifier: str) -> None:
        """Replace an integration's process."""
        ...

    def describe(self, identifier: str) -> object:
        """Return everything that is known about one integration."""
        ...

    def stacks(self, identifier: str) -> str:
        """Return what every thread of an integration's process is doing."""
        ...

    def reload(self) -> object:
        """Apply the configuration file; a broken one is a ConfigError and changes nothing."""
        ...

    def preview(self) -> object:
        """Return what a reload would change; raise what it would raise."""
        ...
