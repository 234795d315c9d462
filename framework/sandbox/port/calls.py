"""Requests and answers as the routes see them: values, without HTTP."""

from typing import Any

from msgspec import Struct

from framework.sandbox.port import refusals

Json = dict[str, Any]


class Message(Struct, frozen=True):
    """A record for Kafka; `value` is encoded as JSON."""

    topic: str
    value: Json


class Call(Struct, frozen=True):
    """A request: the names in its path, its query, its JSON body, and two of its headers."""

    names: dict[str, str] = {}
    query: dict[str, str] = {}
    body: Any = None
    user_agent: str = ""
    skip_resync: bool = False

    def object(self) -> Json:
        """Return the body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise refusals.invalid("the body must be a JSON object")
        return self.body

    def flag(self, name: str) -> bool:
        """Return a query parameter that is true or false, by default false."""
        return self.query.get(name) == "true"

    def required_flag(self, name: str) -> bool:
        """Return a query parameter that must be true or false."""
        if self.query.get(name) not in {"true", "false"}:
            raise refusals.invalid(f"query parameter {name!r} must be true or false")
        return self.flag(name)


class Answer(Struct, frozen=True):
    """What a route answers (`ok: true` is added), and the messages for Kafka that follow."""

    body: Json = {}
    status: int = 200
    messages: tuple[Message, ...] = ()
