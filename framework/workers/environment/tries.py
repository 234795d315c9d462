"""When to build: a pure function of fingerprints, failures and when they happened."""

from msgspec import Struct

from framework import backoff

FIRST_RETRY = 10.0  # seconds
SLOWEST_RETRY = 600.0  # seconds


class Tries(Struct, frozen=True):
    """The fingerprint that was dealt with last; `retry_at` is in seconds of the monotonic clock."""

    fingerprint: str | None = None
    failures: int = 0
    retry_at: float | None = None


def due(tries: Tries, fingerprint: str, now: float) -> bool:
    """Tell whether inputs with this fingerprint must be dealt with now."""
    if fingerprint != tries.fingerprint:
        return True
    return tries.retry_at is not None and now >= tries.retry_at


def wait(tries: Tries, now: float, longest: float) -> float:
    """Return after how many seconds to look again, at most `longest`."""
    return longest if tries.retry_at is None else max(0.0, min(longest, tries.retry_at - now))


def settled(fingerprint: str) -> Tries:
    """Wait for other inputs."""
    return Tries(fingerprint)


def failed(tries: Tries, fingerprint: str, now: float) -> Tries:
    """Wait for other inputs, or 10 s doubling to 10 min."""
    failures = tries.failures + 1 if fingerprint == tries.fingerprint else 1
    wait = backoff.delay(failures, first=FIRST_RETRY, cap=SLOWEST_RETRY)
    return Tries(fingerprint, failures, now + wait)
