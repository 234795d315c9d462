"""Registration: the first step of an integration's first resync in this run, one at a time."""

import threading
from collections.abc import Callable

from framework.journal import Journal
from framework.port import defaults
from framework.port.client import Client
from framework.port.resources import Resources
from framework.slots import Slots


class Registration:
    """Register an integration with Port, once in this run; after `forget` once more.

    `load` reads the integration's defaults at each try. `slots`, shared by all integrations, has
    one slot: two registrations side by side could both create a blueprint.
    """

    def __init__(
        self,
        client: Client,
        load: Callable[[], Resources],
        journal: Journal,
        slots: Slots,
        stop: threading.Event,
    ):
        self._client = client
        self._load = load
        self._journal = journal
        self._slots = slots
        self._stop = stop
        self._done = False

    def ensure(self) -> None:
        """Register unless that has succeeded; raises ConfigError and what the client raises."""
        if self._done:
            return
        resources = self._load()
        with self._slots.taken(self._stop):
            defaults.register(self._client, resources, self._journal)
        self._done = True

    def forget(self) -> None:
        """Record that Port does not know the integration any more."""
        self._done = False
