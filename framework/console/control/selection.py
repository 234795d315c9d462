"""Which integrations a command applies to."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from framework.console.control.verbs import Integration, Verb
from framework.errors import ConfigError
from framework.workers.states import FAILED


class Selection(Struct, frozen=True):
    """Either the `named` integrations, or `all`, or the `failed` ones."""

    named: Sequence[str]
    all: bool
    failed: bool

    def check(self) -> None:
        """Raise ConfigError unless exactly one of the three is given."""
        if not self.named and not self.all and not self.failed:
            raise ConfigError("which integrations? Name them, or use --all or --failed")
        if bool(self.named) + self.all + self.failed > 1:
            raise ConfigError("name integrations, or use --all, or --failed: one of the three")

    def pick(
        self, found: Mapping[str, Integration], verb: Verb, say: Callable[[str], None]
    ) -> list[Integration]:
        """Return the integrations to ask.

        Raises ConfigError for a named one that is unknown or unfit. Others are skipped where the
        verb does not apply; `say` is told so.
        """
        if self.named:
            return [_named(found, name, verb) for name in dict.fromkeys(self.named)]
        picked = []
        for one in found.values():
            if not self.all and one.state not in FAILED:
                continue
            if why := verb.skipped(one):
                say(f"{one.identifier} is skipped: {why}")
            else:
                picked.append(one)
        return picked


def _named(found: Mapping[str, Integration], name: str, verb: Verb) -> Integration:
    if name not in found:
        raise ConfigError(f"no integration {name!r}; there are: {', '.join(found) or 'none'}")
    if why := verb.unfit(found[name]):
        raise ConfigError(f"{name}: {why}")
    return found[name]
