"""What integrations inherit from `limits:` and `environments:`; their own keys override it."""

from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from framework.config.sections import Sections
from framework.document.fit import MisfitError
from framework.environments.settings import Installation
from framework.machine.limits import MIB, Limits, Written

LIMITS = "limits"
ENVIRONMENTS = "environments"
KEYS = {field.encode_name: field.name for field in structs.fields(Installation)}


class Inherited(Struct, frozen=True):
    """Both sections; relative paths start at `here`."""

    limits: Written
    installation: Installation
    here: Path

    def merged_limits(self, own: Written) -> Limits:
        """Return an integration's limits; raise MisfitError if they contradict each other."""
        limits = _merged(self.limits, own)
        if limits.memory_soft < limits.memory:
            return limits
        if own.memory_soft:
            raise MisfitError(
                (LIMITS, "memorySoft"),
                f"must be below memory, {limits.memory // MIB} MiB; lower it, or raise memory",
            )
        raise MisfitError(
            (LIMITS, "memory"),
            f"must be above memorySoft, {limits.memory_soft // MIB} MiB; raise it, or lower that",
        )

    def merged_installation(self, own: Installation, written: dict[str, Any]) -> Installation:
        """Return how an integration is installed; `written` has the keys that override."""
        overriding = {name: getattr(own, name) for key, name in KEYS.items() if key in written}
        return structs.replace(self.installation, **overriding).beside(self.here)


def read(sections: Sections, here: Path) -> Inherited:
    """Read both sections; one that is wrong is among the problems, and nothing is inherited."""
    installation = sections.read(ENVIRONMENTS, Installation, Installation())
    written = sections.read(LIMITS, Written, Written())
    try:
        Inherited(Written(), installation, here).merged_limits(written)
    except MisfitError as error:
        sections.problems.add(error.keys, str(error))
        written = Written()
    return Inherited(written, installation, here)


def _merged(*writings: Written) -> Limits:
    """Return the limits that the last of these to name one gives it."""
    found = {
        name: int(value)
        for written in writings
        for name, value in structs.asdict(written).items()
        if value is not None
    }
    return Limits(**found)
