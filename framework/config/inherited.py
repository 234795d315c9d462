"""What each integration may take: `limits:`, and what an item says itself, merged key by key."""

from msgspec import Struct, structs

from framework.config.sections import Sections
from framework.document.fit import MisfitError
from framework.machine.limits import MIB, Limits, Written

SECTION = "limits"


class General(Struct, frozen=True):
    """What holds for all of them, as far as it is written."""

    written: Written

    def merged(self, own: Written) -> Limits:
        """Let an integration's keys win; raise MisfitError if two of them do not go together."""
        limits = Limits(**_said(self.written) | _said(own))
        if limits.memory_soft < limits.memory:
            return limits
        if own.memory_soft:
            raise MisfitError(
                (SECTION, "memorySoft"),
                f"must be below memory, {limits.memory // MIB} MiB; lower it, or raise memory",
            )
        raise MisfitError(
            (SECTION, "memory"),
            f"must be above memorySoft, {limits.memory_soft // MIB} MiB; raise it, or lower that",
        )


def read(sections: Sections) -> General:
    """Read `limits:`; where it is wrong, it says nothing."""
    general = General(sections.read(SECTION, Written, Written()))
    try:
        General(Written()).merged(general.written)
    except MisfitError as error:
        sections.problems.add(error.keys, str(error))
        return General(Written())
    return general


def _said(written: Written) -> dict[str, int]:
    said = structs.asdict(written)
    return {name: int(value) for name, value in said.items() if value is not None}
