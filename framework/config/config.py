"""Read config.yaml: every section, and everything that is wrong, at once."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from framework.config import folders, inherited, integrations
from framework.config.integrations import Integration
from framework.config.problems import Problems
from framework.config.sections import Sections
from framework.document import document
from framework.document.document import Document, MissingFileError
from framework.errors import ConfigError
from framework.logs.settings import Logging
from framework.masking import Masks
from framework.port.settings import SANDBOX, Port
from framework.sandbox.settings import Sandbox
from framework.triggers import Channel
from framework.triggers.kafka import Kafka

SECTIONS = (
    "port",
    "triggerChannel",
    integrations.SECTION,
    folders.SECTION,
    inherited.ENVIRONMENTS,
    inherited.LIMITS,
    "sandbox",
    "logs",
)
PLACEHOLDERS = ("PORT_CLIENT_ID", "PORT_CLIENT_SECRET")


class Config(Struct, frozen=True):
    """Everything config.yaml says; files and variables are not read again.

    `from_files` are secrets outside of `integrations`. If Port is the sandbox, `port` has the
    credentials that are written there, if any.
    """

    port: Port
    trigger_channel: Channel
    integrations: tuple[Integration, ...]
    sandbox: Sandbox
    logs: Logging = Logging()
    from_files: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Leave out everything: some of it is secret."""
        return "Config(…)"

    def teach(self, masks: Masks) -> None:
        """Have all secrets of this configuration hidden, each in the texts that may hold it."""
        port, sandbox = self.port.client_secret, self.sandbox.client_secret
        masks.learn_shared("config.yaml", [port, sandbox or "", *self.from_files])
        for one in self.integrations:
            masks.learn(one.identifier, one.secrets)


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file at `path`; raise ConfigError with a line for each problem in it."""
    config, problems = _read(path, environ)
    problems.settle()
    return config


def plan(path: Path, environ: Mapping[str, str]) -> tuple[Config, tuple[str, ...]]:
    """Read the file for what needs no secret; also return one line for each value that is absent.

    In its place is the placeholder, so nothing can be started from this. Raises ConfigError for
    every other problem.
    """
    config, problems = _read(path, environ)
    return config, problems.settle_but_absent()


def _read(path: Path, environ: Mapping[str, str]) -> tuple[Config, Problems]:
    here = path.absolute().parent
    sections = Sections(_document(path), environ)
    sections.refuse_others(SECTIONS)
    config = Config(
        port=_port(sections),
        trigger_channel=sections.read("triggerChannel", Channel, Kafka()).beside(here),
        integrations=integrations.read(
            sections, folders.read(sections, here), inherited.read(sections, here)
        ),
        sandbox=sections.read("sandbox", Sandbox, Sandbox()),
        logs=sections.read("logs", Logging, Logging()),
    )
    own = {secret for one in config.integrations for secret in one.secrets}
    shared = tuple(one for one in sections.sources.secrets if one not in own)
    return structs.replace(config, from_files=shared), sections.problems


def peek(path: Path, environ: Mapping[str, str]) -> Sandbox | None:
    """Return how to set up the sandbox if the file asks for one; ignore the other sections.

    Until the sandbox runs, `${SANDBOX_KAFKA}` in them cannot be filled in.
    """
    sections = Sections(_document(path), environ)
    asked = (sections.filled("port", "baseUrl"), sections.filled("triggerChannel", "brokers"))
    sandbox = sections.read("sandbox", Sandbox, Sandbox())
    sections.problems.settle()
    return sandbox if SANDBOX in asked else None


def _document(path: Path) -> Document:
    try:
        return document.read(path)
    except MissingFileError as error:
        raise ConfigError(f"{error}; name your configuration with --config FILE") from error


def _port(sections: Sections) -> Port:
    port = sections.read("port", Port, Port())
    if port.base_url == SANDBOX or sections.problems.about(("port",)):
        return port
    return structs.replace(
        port,
        client_id=_credential(sections, "clientId", port.client_id),
        client_secret=_credential(sections, "clientSecret", port.client_secret),
    )


def _credential(sections: Sections, key: str, written: str) -> str:
    """Replace the name of a credential's environment variable by its value."""
    if written not in PLACEHOLDERS:
        return written
    try:
        return sections.sources.variable(written)
    except ConfigError as error:
        sections.problems.note(("port", key), error)
        return written
