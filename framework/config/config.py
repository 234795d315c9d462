"""Read config.yaml: every section, and everything that is wrong, at once."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from framework.config import folders, inherited, integrations, placeholders
from framework.config.integrations import Integration
from framework.config.sections import Sections
from framework.document import document
from framework.document.document import Document, MissingFileError
from framework.errors import ConfigError
from framework.logs.settings import Logging
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

    If Port is the sandbox, `port` has the credentials that are written there, if any.
    """

    port: Port
    trigger_channel: Channel
    integrations: tuple[Integration, ...]
    sandbox: Sandbox
    logs: Logging = Logging()


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file at `path`; raise ConfigError with a line for each problem in it."""
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
    sections.problems.settle()
    return config


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
        return placeholders.variable(written, sections.environ)
    except ConfigError as error:
        sections.problems.add(("port", key), str(error))
        return written
