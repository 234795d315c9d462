"""Which values of a configuration are secrets."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from framework.environments.settings import Installation
from framework.spec import Spec


def of_integration(
    written: object,
    config: Mapping[str, Any],
    spec: Spec,
    installation: Installation,
    from_files: Iterable[str],
) -> tuple[str, ...]:
    """Return what its spec calls sensitive, credentials of indexes, and what came from files."""
    found = [text for name in sorted(spec.sensitive) for text in texts(config.get(name))]
    inside = [*texts(written)]
    found += [one for one in from_files if any(one in text for text in inside)]
    return tuple(dict.fromkeys((*found, *installation.secrets)))


def texts(value: object) -> Iterator[str]:
    """Yield every text and number inside a value, as text."""
    match value:
        case Mapping():
            for inner in value.values():
                yield from texts(inner)
        case list() | tuple():
            for inner in value:
                yield from texts(inner)
        case bool() | None:
            return
        case _:
            yield str(value)
