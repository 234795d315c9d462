"""List the entities that Port says an integration owns: those written under its User-Agent."""

from msgspec import Struct

from framework.errors import PortUnavailableError
from framework.port import answers
from framework.port.calls import Call, Patience, path
from framework.port.client import Client

PAGE = 5000  # Port's limit
LONG = Patience(read=20.0)  # a full page may take Port longer than other answers
CALL = Call("POST", path("blueprints", "entities", "datasource-entities"))


class Owned(Struct, frozen=True):
    """An entity in Port's catalog that the integration owns."""

    identifier: str
    blueprint: str


class _Page(Struct):
    entities: list[Owned]
    next: str | None = None


def listing(client: Client, type_: str, identifier: str) -> list[Owned]:
    """Return every entity that the integration owns, whatever version of it wrote them.

    Never returns a part of the list; raises what the client raises.
    """
    body: dict[str, object] = {  # see `client.user_agent`
        "datasource_prefix": f"port-ocean/{type_}/",
        "datasource_suffix": f"/{identifier}/exporter",
        "limit": PAGE,
    }
    found: list[Owned] = []
    seen = set()
    while True:
        reply = client.call(CALL.method, CALL.path, body=body, patience=LONG)
        page = answers.decode(reply, _Page, str(CALL))
        found += page.entities
        if not page.next:
            return found
        if page.next in seen:
            raise PortUnavailableError(
                f"Port's pages for {CALL} go in a circle (next {page.next!r} came twice): "
                "nothing is concluded from them; tell Port's support if it lasts"
            )
        seen.add(page.next)
        body["from"] = page.next
        client.check_stop()
