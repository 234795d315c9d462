"""Make a worker from what config.yaml says about an integration."""

import logging
import os
import threading
from functools import partial

import msgspec
from msgspec import Raw, Struct

from framework.config import Integration
from framework.environments import Environments, Wanted
from framework.environments.installed import current
from framework.journal import Journal
from framework.machine.start_gate import StartGate
from framework.mapping.pool import Mappers
from framework.masking import Masks
from framework.port import resources
from framework.port.client import Client, user_agent
from framework.port.settings import Port
from framework.port.token import Tokens
from framework.slots import Slots
from framework.state import StateFolder
from framework.sync.export import Exporter
from framework.sync.registration import Registration
from framework.sync.resync import Resyncs
from framework.workers.environment.builder import Supply
from framework.workers.loop import Shared
from framework.workers.session.launch import Launch
from framework.workers.worker import Worker


class Means(Struct, frozen=True):
    """What all workers share."""

    folder: StateFolder
    version: str
    port: Port
    tokens: Tokens
    journal: Journal
    environments: Environments
    mappers: Mappers
    registrations: Slots
    starts: StartGate
    masks: Masks


def worker(settings: Integration, means: Means) -> Worker:
    """Return the worker of an integration, not yet started."""
    stopping = threading.Event()
    launch = Launch(
        identifier=settings.identifier,
        type=settings.type,
        folder=settings.folder,
        config=Raw(msgspec.json.encode(settings.config)),
        env=settings.env,
        instance=means.folder.instance,
        version=means.version,
        open_files=settings.limits.open_files,
        hide=partial(means.masks.hide, settings.identifier),
    )
    wanted = Wanted(settings.identifier, settings.folder, settings.installation)
    supply = Supply(
        build=partial(means.environments.ensure, wanted),
        fingerprint=partial(_fingerprint, means.environments, wanted),
        file=current.path(means.environments.root, settings.identifier),
        inputs=_inputs(wanted),
    )
    shared = Shared(means.journal, means.starts, means.masks.hide)
    return Worker(launch, supply, _resyncs(settings, means, stopping), shared, stopping)


def _resyncs(settings: Integration, means: Means, stopping: threading.Event) -> Resyncs:
    agent = user_agent(settings.type, means.version, settings.identifier)
    client = Client(means.port, means.tokens, stopping, agent)
    load = partial(
        resources.load, settings.folder, settings.type, settings.identifier, means.version
    )
    exporter = Exporter(
        identifier=settings.identifier,
        type=settings.type,
        client=client,
        mappers=means.mappers,
        journal=means.journal,
        stop=stopping,
        log=logging.getLogger(f"integration.{settings.identifier}"),
        hide=partial(means.masks.hide, settings.identifier),
    )
    registration = Registration(client, load, means.journal, means.registrations, stopping)
    return Resyncs(exporter, registration)


def _inputs(wanted: Wanted) -> str:
    """Name what an environment is built from; equal for integrations that can share one."""
    return f"{wanted.folder} {msgspec.json.encode(wanted.installation, enc_hook=str).decode()}"


def _fingerprint(environments: Environments, wanted: Wanted) -> str:
    """Return what changes with the inputs and the code; then a bad environment is tried again."""
    with os.scandir(wanted.folder) as entries:
        code = [(one.name, one.stat().st_mtime_ns) for one in entries if one.name.endswith(".py")]
    return f"{environments.fingerprint(wanted)} {sorted(code)}"
