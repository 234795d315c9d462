"""What the page reads and does beside Port's own API: YAML and tables for people."""

from typing import Any

import msgspec

from framework.sandbox.page import yaml_text
from framework.sandbox.port import entity_store, integrations, refusals
from framework.sandbox.port.api import Handler
from framework.sandbox.port.calls import Answer, Call, Json
from framework.sandbox.port.documents import BLUEPRINTS, INTEGRATIONS
from framework.sandbox.port.local_port import LocalPort

ROWS = 100  # of a table, at most
SHOWN = ("identifier", "integrationType", "version", "resyncState", "createdAt", "updatedAt")


def overview(local: LocalPort, call: Call) -> Answer:
    """GET /page/overview: what is shown before anything is chosen; the page polls it."""
    del call
    counts = entity_store.counts(local.database)
    return Answer(
        {
            "organization": local.settings.org_id,
            "kafka": local.brokers,
            "integrations": [
                {name: each[name] for name in SHOWN} for each in INTEGRATIONS.all(local.database)
            ],
            "blueprints": [_summary(each, counts) for each in BLUEPRINTS.all(local.database)],
        }
    )


def get_mapping(local: LocalPort, call: Call) -> Answer:
    """GET /page/integrations/{identifier}/mapping: as YAML."""
    integration = INTEGRATIONS.get(local.database, call.names["identifier"])
    return Answer({"yaml": yaml_text.dump(integration["config"] or {})})


def put_mapping(local: LocalPort, call: Call) -> Answer:
    """PUT /page/integrations/{identifier}/mapping: the refusal of wrong YAML names its line."""
    text = call.object().get("yaml")
    if not isinstance(text, str):
        raise refusals.invalid("the body must hold yaml, a string")
    try:
        config = yaml_text.load(text)
    except yaml_text.TextError as error:
        spot = {"line": error.spot.line, "column": error.spot.column}
        return Answer({"ok": False, "message": str(error), **spot}, 422)
    update = Call(names=call.names, body={"config": config}, user_agent=call.user_agent)
    return Answer(messages=integrations.update_config(local, update).messages)


def resync(local: LocalPort, call: Call) -> Answer:
    """POST /page/integrations/{identifier}/resync: what Port's own button does."""
    return Answer(messages=integrations.request_resync(local, call).messages)


def table(local: LocalPort, call: Call) -> Answer:
    """GET /page/blueprints/{blueprint}/entities: the rows found, from `offset` on."""
    blueprint = BLUEPRINTS.get(local.database, call.names["blueprint"])
    rows = entity_store.listing(local.database, blueprint["identifier"])
    words = call.query.get("search", "").lower().split()
    found = [row for row in rows if _matches(row, words)] if words else rows
    offset = call.query.get("offset", "0")
    start = int(offset) if offset.isdecimal() else 0
    return Answer(
        {
            "columns": _columns(blueprint),
            "rows": found[start : start + ROWS],
            "count": len(rows),
            "found": len(found),
            "offset": start,
            "limit": ROWS,
        }
    )


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/page/overview", overview),
    ("GET", "/page/integrations/{identifier}/mapping", get_mapping),
    ("PUT", "/page/integrations/{identifier}/mapping", put_mapping),
    ("POST", "/page/integrations/{identifier}/resync", resync),
    ("GET", "/page/blueprints/{blueprint}/entities", table),
)


def _summary(blueprint: Json, counts: dict[str, tuple[int, str]]) -> Json:
    identifier = blueprint["identifier"]
    count, written = counts.get(identifier, (0, ""))
    title = blueprint["title"]
    changed = f"{blueprint['updatedAt']} {written}"
    return {"identifier": identifier, "title": title, "count": count, "changed": changed}


def _columns(blueprint: Json) -> list[Json]:
    properties = blueprint["schema"]["properties"]
    relations = blueprint["relations"]
    return [
        *(_column("properties", key, value, value["type"]) for key, value in properties.items()),
        *(_column("relations", key, value, value["target"]) for key, value in relations.items()),
    ]


def _column(part: str, key: str, value: Json, detail: str) -> Json:
    return {"part": part, "key": key, "title": value.get("title") or key, "detail": detail}


def _matches(row: Json, words: list[str]) -> bool:
    values: list[Any] = [row["identifier"], row["title"], row["team"]]
    values += [*row["properties"].values(), *row["relations"].values()]
    text = msgspec.json.encode(values).decode().lower()
    return all(word in text for word in words)
