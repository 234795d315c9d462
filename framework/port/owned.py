"""List the entities that Port says an integration owns: those written under its User-Agent."""

from collections.abc import Iterator

from msgspec import Struct

from framework.errors import PortUnavailableError
from framework.port import answers
from framework.port.calls import Call, Patience, path
from framework.port.client import Client

PAGE = 5000  # Port's limit
LONG = Patience(read=20.0)  # a full page may take Port longer than other answers
CALL = Call("POST", path("blueprints", "entities", "datasource-entities"))


class Source(Struct, frozen=True):
    """Whose entities: an integration of any version (see `client.user_agent`)."""

    type: str
    identifier: str


class Owned(Struct, frozen=True):
    """An entity of ours in Port's catalog."""

    identifier: str
    blueprint: str


class _Page(Struct):
    entities: list[Owned]
    next: str | None = None


def listing(client: Client, source: Source, patience: Patience = LONG) -> list[Owned]:
    """Return every entity the integration owns, or raise: a part of the list is never returned."""
    return [owned for page in _pages(client, source, patience) for owned in page]


def _pages(client: Client, source: Source, patience: Patience) -> Iterator[list[Owned]]:
    body: dict[str, object] = {
        "datasource_prefix": f"port-ocean/{source.type}/",
        "datasource_suffix": f"/{source.identifier}/exporter",
        "limit": PAGE,
    }
    seen = set()
    while True:
        reply = client.call(CALL.method, CALL.path, body=body, patience=patience)
        page = answers.decode(reply, _Page, str(CALL))
        yield page.entities
        if not page.next:
            return
        if page.next in seen:
            raise PortUnavailableError(
                f"Port's pages for {CALL} go in a circle (next {page.next!r} came twice): "
                "nothing is concluded from them; tell Port's support if it lasts"
            )
        seen.add(page.next)
        body["from"] = page.next
        client.check_stop()
