"""What an owner has to do later, by name: setting a name again replaces it."""

import time
from collections.abc import Callable


class Timers:
    """Seconds from now; the owner asks for the next one and runs what is due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._timers

    def set(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` in so many seconds, unless the name is set again or cleared before."""
        self._timers[name] = (self.clock() + seconds, action)

    def clear(self, *names: str) -> None:
        """Forget these names."""
        for name in names:
            self._timers.pop(name, None)

    def wait(self, longest: float) -> float:
        """Return the seconds until the next one is due, at most `longest`."""
        next_due = min((due for due, _ in self._timers.values()), default=float("inf"))
        return max(0.0, min(longest, next_due - self.clock()))

    def run_due(self) -> None:
        """Run and forget what is due."""
        now = self.clock()
        for name, (due, action) in tuple(self._timers.items()):
            if due <= now and self._timers.get(name) == (due, action):
                del self._timers[name]
                action()
