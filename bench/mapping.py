"""Translate realistic items: our one program a mapping against one expression a field.

The peer is what Port Ocean does with the same jq library: each expression compiled once, each run
on each item for itself. Both end with entities in Python, in this process.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import jq
from msgspec import Raw

from framework.mapping.contract import Program
from framework.mapping.mapper.expressions import PROLOGUE, leaves
from framework.mapping.mapper.rows import Translator
from framework.mapping.mapping import parse

PAGE = 100
ROUNDS = 5
SECONDS = 0.5  # of CPU in each round
GOAL = 5.0

MAPPINGS = {
    "identifier": ".key",
    "title": ".fields.summary",
    "blueprint": '"jiraIssue"',
    "properties": {
        "url": '(.self | split("/") | .[:3] | join("/")) + "/browse/" + .key',
        "status": ".fields.status.name",
        "assignee": ".fields.assignee.emailAddress",
        "labels": ".fields.labels",
        "created": ".fields.created",
        "priority": ".fields.priority.name",
    },
    "relations": {
        "project": ".fields.project.key",
        "subtasks": ".fields.subtasks | map(.key)",
    },
}
RESOURCE = {
    "kind": "issue",
    "selector": {"query": '.fields.status.name != "Draft"'},
    "port": {"entity": {"mappings": MAPPINGS}},
}


def item(number: int) -> dict[str, Any]:
    """Return an issue of about 1 KB, as Jira would give it."""
    return {
        "id": str(number),
        "key": f"PROJ-{number}",
        "self": f"https://example.atlassian.net/rest/api/3/issue/{number}",
        "fields": {
            "summary": f"Issue {number}: the button does nothing when it is clicked twice",
            "description": "It did something once. " * 12,
            "status": {"id": "3", "name": "In Progress", "category": "indeterminate"},
            "priority": {"id": "2", "name": "High"},
            "assignee": {"displayName": "A. Person", "emailAddress": f"person{number}@example.com"},
            "labels": ["backend", "urgent", "customer"],
            "created": "2026-01-01T12:00:00.000+0000",
            "updated": "2026-02-01T12:00:00.000+0000",
            "project": {"id": "10", "key": "PROJ", "name": "A project"},
            "subtasks": [{"id": str(n), "key": f"PROJ-{number}{n}"} for n in range(4)],
        },
    }


def program() -> Program:
    """Return the mapping as it comes from Port."""
    return parse(Raw(json.dumps({"resources": [RESOURCE]}).encode())).resources[0].program


def ours(items: list[dict[str, Any]]) -> Callable[[], object]:
    """Translate a page with the fused program."""
    translator = Translator(program())
    raw = [Raw(json.dumps(one).encode()) for one in items]
    return lambda: translator.translate(raw)


def peers(items: list[dict[str, Any]]) -> Callable[[], object]:
    """Run each expression on each item, as Ocean does: the item is encoded again each time."""
    asked = program()
    expressions = [asked.selector, *(text for _, text in leaves("", asked.bodies[0]))]
    compiled = [jq.compile(PROLOGUE + expression) for expression in expressions]
    return lambda: [[one.input_value(item).first() for one in compiled] for item in items]


def rates(*pages: Callable[[], object]) -> list[float]:
    """Return items a second of CPU for each, the best of some rounds taken in turns."""
    rounds = [[_round(page) for page in pages] for _ in range(ROUNDS)]
    return [max(one) for one in zip(*rounds, strict=True)]


def _round(page: Callable[[], object]) -> float:
    pages, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        page()
        pages += 1
    return pages * PAGE / (time.process_time() - began)


def main() -> None:
    """Measure both and print the ratio."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="one JSON object a row")
    as_json = arguments.parse_args().json
    items = [item(number) for number in range(PAGE)]
    us, peer = rates(ours(items), peers(items))
    row = {
        "name": "translate a page",
        "ours": round(us),
        "peer": round(peer),
        "unit": "items/s",
        "ratio": round(us / peer, 2),
        "goal": GOAL,
        "holds": us / peer >= GOAL,
    }
    if as_json:
        print(json.dumps(row))
        return
    print(f"items of {len(json.dumps(items)) // PAGE} bytes, pages of {PAGE}, CPU time")
    print(f"one program a mapping (ours)     {us:10,.0f} items/s")
    print(f"one expression a field (Ocean's) {peer:10,.0f} items/s")
    print(f"ratio {us / peer:.1f} (goal: at least {GOAL:g})")


if __name__ == "__main__":
    main()
