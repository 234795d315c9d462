from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.inputs import keys, lines
from framework.environments.inputs.requirements import Requirements
from framework.environments.inputs.sources import Source
from framework.environments.python import identity
from framework.environments.settings import Installation

OWN = identity.own()
MINE = Source(Path("/mine"), "0")
LOCK = "six==1 --hash=sha256:0\nidna==2 --hash=sha256:0\n"


def inputs(text: str, floor: str = "3.10", **settings: object) -> str:
    wanted = Requirements("k", "/k/requirements.txt", Path("/k"), lines.normalised(text))
    return keys.inputs(wanted, (), Installation(**settings), floor)


def test_a_key_is_32_hex_digits_and_the_same_every_time() -> None:
    assert inputs("six") == inputs("six  # the same")
    assert len(inputs("six")) == 32
    assert int(inputs("six"), 16) > 0


def test_the_order_of_requirements_does_not_count_that_of_options_does() -> None:
    assert inputs("six\nidna") == inputs("idna\nsix")
    one, two = "--index-url https://a/", "--extra-index-url https://b/"
    assert inputs(f"{one}\n{two}\nsix") != inputs(f"{two}\n{one}\nsix")


@pytest.mark.parametrize("text", ["six<2", "six\nidna", "", "six ; python_version > '3'"])
def test_other_requirements_must_be_resolved_again(text: str) -> None:
    assert inputs(text) != inputs("six")


@pytest.mark.parametrize(
    "settings",
    [
        {"indexes": ["https://host/"]},
        {"find_links": ["/wheels"]},
        {"exclude_newer": "7 days"},
        {"only_binary": [":all:"]},
        {"floor": "3.12"},
    ],
)
def test_other_places_must_be_resolved_again(settings: dict[str, object]) -> None:
    assert inputs("six", **settings) != inputs("six")


@pytest.mark.parametrize("settings", [{"python": "3.12"}, {"offline": True}])
def test_one_lock_is_for_all_pythons_with_and_without_the_network(
    settings: dict[str, object],
) -> None:
    assert inputs("six", **settings) == inputs("six")


def test_new_credentials_find_the_same_packages() -> None:
    assert inputs("-i https://me:a@host/\nsix") == inputs("-i https://me:b@host/\nsix")


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/opt/python"},
        {"size": 1},
        {"mtime_ns": 1},
        {"version": "3.99.0"},
        {"platform": "linux-riscv64"},
    ],
)
def test_another_python_leads_to_another_environment(change: dict[str, str | int]) -> None:
    other = structs.replace(OWN, **change)
    assert keys.environment(LOCK, [], (), other) != keys.environment(LOCK, [], (), OWN)


def test_another_lock_or_source_or_form_leads_to_another_environment() -> None:
    same = keys.environment(f"# why\n{LOCK}", [], (), OWN)
    assert same == keys.environment(LOCK, [], (), OWN)
    others = {
        keys.environment(LOCK.replace("==1", "==2"), [], (), OWN),
        keys.environment(LOCK, ["--no-binary six"], (), OWN),
        keys.environment(LOCK, [], (MINE,), OWN),
        keys.environment(LOCK, [], (structs.replace(MINE, digest="1"),), OWN),
    }
    assert len(others | {same}) == 5
