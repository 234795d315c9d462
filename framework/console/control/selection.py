"""Which integrations a command is about."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from framework.console.control.verbs import Integration, Verb
from framework.errors import ConfigError
from framework.workers.states import FAILED


class Choice(Struct, frozen=True):
    """Either `named` integrations, or `all`, or those that have `failed`."""

    named: Sequence[str]
    all: bool
    failed: bool

    def check(self) -> None:
        """Raise ConfigError unless it is exactly one of the three."""
        if not self.named and not self.all and not self.failed:
            raise ConfigError("which integrations? Name them, or use --all or --failed")
        if bool(self.named) + self.all + self.failed > 1:
            raise ConfigError("name integrations, or use --all, or --failed: one of the three")

    def made(
        self, found: Mapping[str, Integration], verb: Verb, say: Callable[[str], None]
    ) -> list[Integration]:
        """Return those that are to be asked.

        Raises ConfigError for a named one that is unknown or unfit; of the others some are
        passed over, which is said.
        """
        if self.named:
            return [
                _fit(_known(found, identifier), verb) for identifier in dict.fromkeys(self.named)
            ]
        swept = [one for one in found.values() if self.all or one.state in FAILED]
        for one in swept:
            if why := verb.spared(one):
                say(f"{one.identifier} is passed over: {why}")
        return [one for one in swept if not verb.spared(one)]


def _known(found: Mapping[str, Integration], identifier: str) -> Integration:
    if identifier not in found:
        known = ", ".join(found) or "none"
        raise ConfigError(f"no integration {identifier!r}; there are: {known}")
    return found[identifier]


def _fit(one: Integration, verb: Verb) -> Integration:
    if why := verb.unfit(one):
        raise ConfigError(f"{one.identifier}: {why}")
    return one
