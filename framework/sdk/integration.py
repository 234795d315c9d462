"""The object that main.py makes one of: it holds the handlers, the configuration, the log."""

from collections.abc import Callable
from typing import Any, TypeVar

from framework.errors import ConfigError
from framework.sdk.log import Log
from framework.sdk.resync import Resync

Handler = Callable[[Resync], Any]
H = TypeVar("H", bound=Handler)


class Integration:
    """An integration's handlers and configuration; `log` writes to the integration's log."""

    def __init__(self) -> None:
        self.log = Log()
        self._handlers: dict[str, list[Handler]] = {}
        self._config: dict[str, Any] | None = None
        self._given_up: Callable[[], bool] = lambda: False

    def on_resync(self, kind: str) -> Callable[[H], H]:
        """Register a handler that reads `kind`; several for one kind run in that order.

        A handler gets a `Resync`. It returns a list of dicts, or is a generator of dicts or of
        lists of dicts; both may be `async`. The decorated function stays callable as it is.
        """
        if not isinstance(kind, str):
            raise TypeError('on_resync needs the name of a kind: @integration.on_resync("issue")')

        def register(handler: H) -> H:
            self._handlers.setdefault(kind, []).append(handler)
            return handler

        return register

    @property
    def kinds(self) -> list[str]:
        """The kinds that have a handler."""
        return list(self._handlers)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration from config.yaml; it arrives once main.py has been imported."""
        if self._config is None:
            raise ConfigError("integration.config is not here yet: read it inside a handler")
        return self._config

    @property
    def cancelled(self) -> bool:
        """Whether the current delivery was given up, or the process is to end: return soon."""
        return self._given_up()

    def handlers(self, kind: str) -> list[Handler]:
        """Return the handlers of `kind`, at least one; raise ConfigError if there is none."""
        if kind not in self._handlers:
            known = ", ".join(map(repr, self._handlers)) or "none"
            raise ConfigError(f"no handler reads kind {kind!r}; kinds with a handler: {known}")
        return self._handlers[kind]

    def configure(self, config: dict[str, Any]) -> None:
        """Take the configuration; the sdk calls it, and a test may."""
        self._config = config

    def watch(self, given_up: Callable[[], bool]) -> None:
        """Take the function that answers `cancelled`; the sdk calls it."""
        self._given_up = given_up
