"""Print what docs/protocol.schema.json holds: the messages as JSON Schema."""  # noqa: INP001 - a program beside what it is about

import json
import sys

import msgspec

from framework.protocol.messages import VERSION, Down, Up

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, object]:
    """Return the schema of one line; `Down` and `Up` in it are those of either direction."""
    (down, up), messages = msgspec.json.schema_components([Down, Up], ref_template="#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "title": f"Integration Framework protocol, version {VERSION}",
        "anyOf": [{"$ref": "#/$defs/Down"}, {"$ref": "#/$defs/Up"}],
        "$defs": {
            "Down": {"description": "A line from the supervisor to an integration."} | down,
            "Up": {"description": "A line from an integration to the supervisor."} | up,
            **messages,
        },
    }


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(schema(), indent=2)}\n")
