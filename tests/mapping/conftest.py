import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw

from framework.mapping.contract import Program, Translated
from framework.mapping.mapper.rows import Translator
from framework.mapping.mapping import parse


@pytest.fixture
def mapped() -> Callable[..., Program]:
    """Make the program of one resource from its rules, or from those in `several`."""

    def make(*several: dict[str, Any], query: object = "true", **rest: Any) -> Program:
        port = {key: rest.pop(key) for key in list(rest) if key.startswith("itemsToParse")}
        least = {"identifier": ".id", "blueprint": '"issue"'}
        rules = [{**least, **one} for one in several] or {**least, **rest}
        resource = {
            "kind": "issue",
            "selector": {"query": query},
            "port": {"entity": {"mappings": rules}, **port},
        }
        return parse(Raw(json.dumps({"resources": [resource]}).encode())).resources[0].program

    return make


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate items with a program, in this process."""

    def page(program: Program, *items: object) -> Translated:
        return Translator(program).translate([Raw(json.dumps(item).encode()) for item in items])

    return page
