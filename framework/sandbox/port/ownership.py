"""Who owns an entity: the User-Agent of its last writer (`$datasource`)."""

import base64
import binascii
from datetime import datetime

import msgspec

from framework import moments
from framework.sandbox.port import refusals, unverified
from framework.sandbox.port.calls import Answer, Call, Json
from framework.sandbox.port.local_port import LocalPort

QUERY = """
SELECT blueprint, identifier FROM entities
WHERE (blueprint, identifier) > (:blueprint, :identifier)
AND substr(datasource, 1, length(:prefix)) = :prefix
AND (:suffix = '' OR substr(datasource, -length(:suffix)) = :suffix)
AND (:before = '' OR updated_at < :before)
ORDER BY blueprint, identifier LIMIT :limit
"""


def listing(local: LocalPort, call: Call) -> Answer:
    """POST /v1/blueprints/entities/datasource-entities: a page of the entities of one writer."""
    body = call.object()
    limit = body.get("limit", unverified.LISTING_PAGE)
    if not isinstance(limit, int) or not 1 <= limit <= unverified.LISTING_PAGE:
        raise refusals.invalid(f"limit must be a number from 1 to {unverified.LISTING_PAGE}")
    blueprint, identifier = _position(_text(body, "from"))
    parameters = {
        "prefix": _text(body, "datasource_prefix"),
        "suffix": _text(body, "datasource_suffix"),
        "before": _moment(_text(body, "before")),
        "blueprint": blueprint,
        "identifier": identifier,
        "limit": limit + 1,
    }
    rows = local.database.execute(QUERY, parameters).fetchall()
    page = rows[:limit]
    more = len(rows) > limit
    following = base64.urlsafe_b64encode(msgspec.json.encode(page[-1])).decode() if more else None
    entities = [{"identifier": row[1], "blueprint": row[0]} for row in page]
    return Answer({"entities": entities, "next": following})


def _text(body: Json, name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise refusals.invalid(f"{name} must be a string")
    return value


def _moment(text: str) -> str:
    try:
        return moments.of(datetime.fromisoformat(text)) if text else ""
    except ValueError as error:
        raise refusals.invalid("before must be an ISO 8601 time") from error


def _position(token: str) -> tuple[str, str]:
    if not token:
        return "", ""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token), type=tuple[str, str])
    except (binascii.Error, msgspec.MsgspecError) as error:
        raise refusals.invalid("from is not the `next` of an earlier page") from error
