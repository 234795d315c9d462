"""Registration: the first step of an integration's first resync in this run, one at a time."""

from collections.abc import Callable

from framework.journal import Journal
from framework.port import defaults
from framework.port.client import Client
from framework.port.resources import Resources
from framework.sync.turns import Turns


class Registration:
    """Make Port know an integration, once in this run; `forget` to do it again.

    `load` reads what the integration brings along; what is wrong with it is an error of each try.
    """

    def __init__(
        self, client: Client, load: Callable[[], Resources], journal: Journal, turns: Turns
    ):
        self._client = client
        self._load = load
        self._notes = Notes(journal)
        self._turns = turns
        self._done = False

    def ensure(self) -> None:
        """Register unless that has succeeded; raises ConfigError and what the client raises."""
        if self._done:
            return
        resources = self._load()
        with self._turns.turn():
            defaults.register(self._client, resources, self._notes)
        self._done = True

    def forget(self) -> None:
        """Port does not know the integration any more."""
        self._done = False


class Notes:
    """The journal's notes on blueprints, as registration wants them."""

    def __init__(self, journal: Journal):
        self._journal = journal

    def noted(self, identifier: str) -> set[str]:
        """Return the blueprints noted as this integration's own."""
        return self._journal.noted_blueprints(identifier)

    def note(self, identifier: str, blueprint: str) -> None:
        """Note a blueprint before it is created."""
        self._journal.note_blueprint(identifier, blueprint)

    def forget(self, identifier: str, blueprint: str) -> None:
        """Take a note back: somebody else created the blueprint."""
        self._journal.forget_blueprint(identifier, blueprint)
