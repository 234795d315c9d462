"""What a new config.yaml changes: the names of keys, for a value may be a secret."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from framework.config.config import Config
from framework.config.inherited import KEYS
from framework.config.integrations import Integration
from framework.machine.limits import Limits

# Sections that are only applied at a start, and their fields.
LASTING = {
    "port": "port",
    "triggerChannel": "trigger_channel",
    "sandbox": "sandbox",
    "logs": "logs",
}


class Change(StrEnum):
    """What happens to an integration, in the order in which operators read it."""

    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Changed(Struct, frozen=True):
    """One integration; `what` names the keys that changed, such as `config.token`."""

    identifier: str
    change: Change
    what: list[str] = []


class Difference(Struct, frozen=True):
    """Between two configurations; the sections in `restart` are only applied at a start."""

    integrations: list[Changed]
    restart: list[str]


def difference(old: Config, new: Config) -> Difference:
    """Compare two configurations, placeholders filled in: a variable's new value is a change."""
    order = list(Change)
    changes = _integrations(_by_name(old), _by_name(new))
    return Difference(
        integrations=sorted(changes, key=lambda one: order.index(one.change)),
        restart=[key for key, name in LASTING.items() if getattr(old, name) != getattr(new, name)],
    )


def _by_name(config: Config) -> dict[str, Integration]:
    return {one.identifier: one for one in config.integrations}


def _integrations(
    old: Mapping[str, Integration], new: Mapping[str, Integration]
) -> Iterator[Changed]:
    for identifier in old:
        if identifier not in new:
            yield Changed(identifier, Change.REMOVED)
    for identifier, integration in new.items():
        if identifier not in old:
            yield Changed(identifier, Change.ADDED)
            continue
        what = list(_what(old[identifier], integration))
        yield Changed(identifier, Change.CHANGED if what else Change.UNCHANGED, what)


def _what(old: Integration, new: Integration) -> Iterator[str]:
    if old.enabled != new.enabled:
        yield "enabled"
    if old.type != new.type:
        yield "type"  # its folder and its spec are others, too
    else:
        if old.folder != new.folder:
            yield "folder"
        if _exact(old.spec) != _exact(new.spec):
            yield "spec"
    yield from _inside("config", old.config, new.config)
    yield from _inside("env", old.env, new.env)
    yield from _inside("limits", _written(old.limits), _written(new.limits))
    yield from _inside("environments", _installation(old), _installation(new))


def _inside(section: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """Name the keys that were added, removed or changed."""
    for key in dict.fromkeys((*old, *new)):
        if key not in old or key not in new or _exact(old[key]) != _exact(new[key]):
            yield f"{section}.{key}"


def _exact(value: object) -> bytes:
    """Return an encoding that tells 1 from true, unlike ==, and ignores the order of keys."""
    return msgspec.json.encode(value, order="sorted")


def _written(limits: Limits) -> dict[str, object]:
    """Return the limits without a soft limit that is derived from `memory`."""
    found = msgspec.to_builtins(limits)
    return {key: found[key] for key in found if key != "memorySoft" or not limits.soft_follows}


def _installation(integration: Integration) -> dict[str, object]:
    return {key: getattr(integration.installation, name) for key, name in KEYS.items()}
