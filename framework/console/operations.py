"""What a running supervisor does for its operators."""

from typing import Protocol


class Operations(Protocol):
    """What the console's API calls, from several threads at a time.

    Answers are whatever msgspec can encode. An unknown identifier is a ConfigError that names the
    known ones; any other FrameworkError says why it could not be done.
    """

    def status(self) -> object:
        """Return the supervisor, its triggers and its integrations."""
        ...

    def resync(self, identifier: str) -> str:
        """Record a resync; return the id of its event."""
        ...

    def desire(self, identifier: str, desired: str) -> None:
        """Have an integration `run`, `pause` or `stop` from now on; `run` tries at once."""
        ...

    def restart(self, identifier: str) -> None:
        """Have an integration's process replaced."""
        ...

    def describe(self, identifier: str) -> object:
        """Return all there is to know of one integration."""
        ...

    def stacks(self, identifier: str) -> str:
        """Return what every thread of an integration's process is doing."""
        ...

    def reload(self) -> object:
        """Take the configuration file into use; a broken one is a ConfigError, changing nothing."""
        ...

    def preview(self) -> object:
        """Return what a reload would change, and change nothing; raise as `reload` does."""
        ...
