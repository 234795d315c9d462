"""Read the configuration for use, with the addresses and credentials of the sandbox filled in."""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from framework import config as configuration
from framework.config import Config, Integration
from framework.environments import Wanted
from framework.port import resources
from framework.port.settings import SANDBOX, Port
from framework.sandbox.address import Address
from framework.sandbox.settings import Sandbox

SANDBOX_SESSION_SECONDS = 6  # the local broker delays a join by half of this

Load = Callable[[], Config]
Say = Callable[[str], None]


def sandbox(config: Path) -> Sandbox | None:
    """Return how to set up the sandbox if the configuration asks for it."""
    return configuration.peek(config, environ(None))


def load(config: Path, address: Address | None) -> Config:
    """Read the configuration; `sandbox` in it is replaced by this address, if there is one."""
    loaded = configuration.load(config, environ(address))
    if address is None:
        return loaded
    if loaded.port.base_url == SANDBOX:
        port = Port(
            client_id=address.client_id, client_secret=address.client_secret, base_url=address.url
        )
        loaded = structs.replace(loaded, port=port)
    if loaded.trigger_channel.brokers == SANDBOX:
        channel = structs.replace(
            loaded.trigger_channel,
            brokers=address.kafka,
            security_protocol="PLAINTEXT",
            session_timeout_seconds=SANDBOX_SESSION_SECONDS,
        )
        loaded = structs.replace(loaded, trigger_channel=channel)
    return loaded


def wanted(config: Path, absent: Say) -> list[Wanted]:
    """Return what the environments of all integrations are built from.

    Values that are not here are named to `absent`.
    """
    return [
        Wanted(one.identifier, one.folder, one.installation) for one in _planned(config, absent)
    ]


def check(config: Path, version: str, absent: Say) -> list[dict[str, str]]:
    """Read the configuration and the resources of every integration; return a row for each.

    Values that are not here are named to `absent`. Raises ConfigError for what is wrong.
    """
    integrations = _planned(config, absent)
    for one in integrations:
        resources.load(one.folder, one.type, one.identifier, version)
    return [
        {"identifier": one.identifier, "type": one.type, "folder": str(one.folder)}
        for one in integrations
    ]


def _planned(config: Path, absent: Say) -> tuple[Integration, ...]:
    found, lines = configuration.plan(config, environ(None))
    for line in lines:
        absent(line)
    return found.integrations


def environ(address: Address | None) -> dict[str, str]:
    """Return the variables that placeholders are filled in from."""
    return {**os.environ, "SANDBOX_KAFKA": address.kafka if address else SANDBOX}
