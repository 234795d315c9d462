"""How long to wait before the next try."""


def delay(failures: int, *, first: float, cap: float) -> float:
    """Return the seconds to wait after this many failures in a row: `first` doubling to `cap`."""
    return min(cap, first * 2.0 ** min(failures - 1, 30))


def spread(seconds: float, chance: float) -> float:
    """Return between half of the seconds (`chance` 0) and all of them (1), so that many differ."""
    return seconds * (1 + chance) / 2
