from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.building.history import History, Record
from framework.environments.python import identity

OWN = identity.own()
BEFORE = Record("a", OWN, ["six"], ["six==1.0"], {"/mine": "0"})


@pytest.fixture
def history(tmp_path: Path) -> History:
    history = History(tmp_path)
    history.keep("kafka", BEFORE)
    return history


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"requirements": ["six", "boto3>=1"]}, "requirements changed: +boto3"),
        ({"requirements": []}, "requirements changed: -six"),
        ({"requirements": ["six<2"]}, "requirements changed: six → six<2"),
        ({"packages": ["six==1.1"]}, "lock changed: six==1.0 → six==1.1"),
        ({"requirements": ["idna"], "packages": ["idna==3"]}, "requirements changed: +idna, -six"),
        ({"sources": {"/mine": "1"}}, "sources changed: /mine"),
        ({}, "environments are built in another way now"),
        (
            {"python": structs.replace(OWN, version="3.99.1 (main)")},
            f"Python {OWN.release} → 3.99.1",
        ),
    ],
)
def test_what_changed_is_the_reason(history: History, changes: dict[str, object], why: str) -> None:
    assert history.why("kafka", structs.replace(BEFORE, key="b", **changes)) == why


def test_several_changes_are_all_named(history: History) -> None:
    after = structs.replace(BEFORE, key="b", requirements=["six", "a"], sources={"/mine": "1"})
    assert history.why("kafka", after) == "requirements changed: +a; sources changed: /mine"


def test_of_many_changes_a_few_are_named(history: History) -> None:
    after = structs.replace(BEFORE, key="b", requirements=[f"p{n}" for n in range(9)])
    assert (
        history.why("kafka", after) == "requirements changed: +p0, +p1, +p2, +p3, +p4, and 5 more"
    )


def test_the_same_key_was_lost(history: History) -> None:
    assert history.why("kafka", BEFORE) == "it was missing or damaged"


def test_without_a_record_it_is_the_first_build(history: History, tmp_path: Path) -> None:
    assert history.why("jira", BEFORE) == "first build"
    (tmp_path / "history" / "kafka.json").write_text("{")
    assert history.why("kafka", BEFORE) == "first build"


def test_an_equal_record_is_not_written_again(history: History, tmp_path: Path) -> None:
    before = (tmp_path / "history" / "kafka.json").stat().st_mtime_ns
    history.keep("kafka", BEFORE)
    assert (tmp_path / "history" / "kafka.json").stat().st_mtime_ns == before
