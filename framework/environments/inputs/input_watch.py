"""Watch what environments are built from: one thread looks at the inputs of all integrations.

On a machine with 200 integrations, a thread for each would cost more than everything else together.
"""

import threading
from collections.abc import Callable, Iterable

from msgspec import Struct

LOOK_SECONDS = 5.0  # how long a change may go unnoticed


class Looked(Struct, frozen=True):
    """One integration: `fingerprint` is cheap, `changed` is called when it has changed.

    `inputs` names what the fingerprint is of. Integrations of one type with equal settings share
    it, and it is read once for all of them.
    """

    identifier: str
    inputs: str
    fingerprint: Callable[[], str]
    changed: Callable[[], None]


class Lookout(threading.Thread):
    """Looks at everything in `looked` every so many seconds, until `stop`."""

    def __init__(
        self,
        looked: Callable[[], Iterable[Looked]],
        stop: threading.Event,
        every: float = LOOK_SECONDS,
    ):
        super().__init__(name="lookout", daemon=True)
        self._looked = looked
        self._stop_asked = stop
        self._every = every
        self._seen: dict[str, str] = {}

    def run(self) -> None:
        """Look until stopped."""
        while not self._stop_asked.wait(self._every):
            self.look()

    def look(self) -> None:
        """Look once at every integration; forget those that are gone."""
        seen: dict[str, str] = {}
        read: dict[str, str] = {}
        for one in self._looked():
            if self._stop_asked.is_set():
                return
            if one.inputs not in read:
                try:
                    read[one.inputs] = one.fingerprint()
                except Exception as error:  # noqa: BLE001 - one that fails must not hide others
                    read[one.inputs] = f"unknown: {error!r}"  # the build explains what is wrong
            seen[one.identifier] = read[one.inputs]
            if seen[one.identifier] != self._seen.get(one.identifier):
                one.changed()  # the first time, too: it may have changed since it was built
        self._seen = seen
