"""Whether what environments are built from has changed: one thread looks for all integrations.

A thread for each would cost a machine with 200 of them more than everything else together.
"""

import threading
from collections.abc import Callable, Iterable

from msgspec import Struct

LOOK_SECONDS = 5.0  # how long a change may go unnoticed


class Looked(Struct, frozen=True):
    """One integration: `fingerprint` is cheap, `changed` has it compared with what was built.

    `inputs` names what the fingerprint is of: those of one type, built alike, have it in common.
    """

    identifier: str
    inputs: str
    fingerprint: Callable[[], str]
    changed: Callable[[], None]


class Lookout(threading.Thread):
    """`looked` says at whom to look; each is looked at `every` so many seconds until `stop`."""

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
        """Look once at everyone; forget those who are no more."""
        seen: dict[str, str] = {}
        read: dict[str, str] = {}
        for one in self._looked():
            if self._stop_asked.is_set():
                return
            if one.inputs not in read:
                read[one.inputs] = _fingerprint(one)
            seen[one.identifier] = self._compare(one, read[one.inputs])
        self._seen = seen

    def _compare(self, one: Looked, fingerprint: str) -> str:
        if fingerprint != self._seen.get(one.identifier):
            one.changed()  # the first time, too: it may have changed since it was built
        return fingerprint


def _fingerprint(one: Looked) -> str:
    try:
        return one.fingerprint()
    except Exception as error:  # noqa: BLE001 - one that cannot be read must not hide others
        return f"unknown: {error!r}"  # the build says better what is wrong
