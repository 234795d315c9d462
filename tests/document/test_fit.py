"""Values into Structs: the words for what does not fit, and the way to it."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from framework.document.fit import MisfitError, fit, hint
from framework.settings import Settings


class Finish(StrEnum):
    ENAMEL = "enamel"
    STEEL = "steel"


class Tls(Settings, frozen=True):
    ca_file: str | None = None


class Gas(Settings, frozen=True, tag="GAS"):
    tls: Tls = Tls()
    hoses: list[Tls] = []


class Wood(Settings, frozen=True, tag="WOOD"):
    logs: int = 10


class Oven(Settings, frozen=True):
    name: Annotated[str, Meta(pattern="^[a-z]+$", description="lower-case letters")]
    heat: int = 200
    fuel: Gas | Wood = Gas()
    mode: Literal["slow", "fast"] = "slow"
    finish: Finish = Finish.STEEL
    sizes: int | list[int] | None = None
    labels: dict[str, str] = {}

    def __post_init__(self) -> None:
        if self.heat > 300:
            raise ValueError("heat melts the oven; stay below 300")
        if self.name == "teapot":
            raise ValueError("This is no oven")


@pytest.mark.parametrize(
    ("value", "keys", "text"),
    [
        ([], (), "expected a mapping, got a list"),
        ({}, ("name",), "is missing, and has no default"),
        ({"name": "X"}, ("name",), "expected lower-case letters"),
        (
            {"name": 5},
            ("name",),
            "expected lower-case letters, got an integer; put it in quotes",
        ),
        ({"name": "a", "haet": 1}, ("haet",), "unknown key; did you mean heat?"),
        ({"name": "a", "heat": "hot"}, ("heat",), "expected an integer, got a string"),
        ({"name": "a", "heat": 900}, ("heat",), "melts the oven; stay below 300"),
        ({"name": "teapot"}, (), "This is no oven"),
        ({"name": "a", "mode": "fats"}, ("mode",), "did you mean fast?"),
        ({"name": "a", "finish": "gold"}, ("finish",), "expected enamel or steel, got 'gold'"),
        ({"name": "a", "fuel": {}}, ("fuel", "type"), "is missing, and has no default"),
        ({"name": "a", "fuel": {"type": "coal"}}, ("fuel", "type"), "expected GAS or WOOD, got"),
        (
            {"name": "a", "fuel": {"type": "GAS", "tls": {"cafile": "x"}}},
            ("fuel", "tls", "cafile"),
            "unknown key; did you mean caFile?",
        ),
        (
            {"name": "a", "fuel": {"type": "GAS", "hoses": [{}, {"caFile": 1}]}},
            ("fuel", "hoses", 1, "caFile"),
            "expected a string, got an integer; put it in quotes",
        ),
        (
            {"name": "a", "fuel": {"type": "WOOD", "zzz": 1}},
            ("fuel", "zzz"),
            "unknown key; known: hoses, logs, tls, type",
        ),
        ({"name": "a", "sizes": "x"}, ("sizes",), "expected an integer or a list, got a string"),
        ({"name": "a", "sizes": ["x"]}, ("sizes", 0), "expected an integer, got a string"),
        (
            {"name": "a", "labels": {"b": 1}},
            ("labels",),
            "expected a string, got an integer; put it in quotes",
        ),
    ],
)
def test_a_misfit_says_where_and_what_was_expected(value: Any, keys, text):
    with pytest.raises(MisfitError) as caught:
        fit(value, Oven)

    assert caught.value.keys == keys
    assert text in str(caught.value)


def test_text_that_spells_a_number_fits_where_a_number_belongs():
    assert fit({"name": "a", "heat": "250"}, Oven).heat == 250


def test_a_near_miss_is_hinted_at_and_anything_else_gets_the_list():
    assert hint("kafak", ["kafka", "jira"]) == "; did you mean kafka?"
    assert hint("KAFK", ["kafka"]) == "; did you mean kafka?"
    assert hint("github", ["kafka", "jira"]) == "; known: jira, kafka"
    assert hint("github", []) == "; known: none"
