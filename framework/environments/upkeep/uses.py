"""Which integrations need which environment: these are never collected."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from framework.environments.installed.built import Built


class Use(Struct, frozen=True):
    """The integrations whose environment it is, and those that could go back to it."""

    current: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()


Uses = Mapping[str, Use]  # by key
UNUSED = Use()


def gather(current: Iterable[tuple[str, str]], previous: Iterable[tuple[str, str]]) -> Uses:
    """Turn pairs of integration and key into uses by key."""
    uses: dict[str, Use] = {}
    for integration, key in current:
        uses[key] = _together([uses.get(key, UNUSED), Use(current=(integration,))])
    for integration, key in previous:
        uses[key] = _together([uses.get(key, UNUSED), Use(previous=(integration,))])
    return uses


def with_sdk(uses: Uses, environments: Iterable[Built], pin: str) -> Uses:
    """Add the environment of the sdk's msgspec (`pin`: name==version) for each Python in use."""
    receipts = {one.key: one.receipt for one in environments if one.receipt}
    complete = dict(uses)
    for key, receipt in receipts.items():
        beside = [
            uses[other]
            for other, its in receipts.items()
            if other in uses and its.python == receipt.python
        ]
        if receipt.packages == [pin] and beside:
            complete[key] = _together([*beside, uses.get(key, UNUSED)])
    return complete


def _together(uses: list[Use]) -> Use:
    current = {name for use in uses for name in use.current}
    previous = {name for use in uses for name in use.previous} - current
    return Use(tuple(sorted(current)), tuple(sorted(previous)))
