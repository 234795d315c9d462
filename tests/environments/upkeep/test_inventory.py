from pathlib import Path

from framework.environments.installed import leases, receipt, shelf
from framework.environments.upkeep import inventory
from framework.environments.upkeep.uses import Use
from tests.fakes import environment as fake


def test_a_row_says_for_whom_why_and_when(root: Path) -> None:
    reasons = {"why": "requirements changed: +six", "built_at": "2026-11-24T12:00:00+00:00"}
    place = fake.make(root, "key", "six==1.17.0", **reasons)
    uses = {"key": Use(current=("kafka",), previous=("jira",))}
    with leases.shared(place):
        row = inventory.row(shelf.look(place), uses)
    assert (row.used_by, row.previous_of, row.in_use) == (("kafka",), ("jira",), True)
    assert (row.why, row.built_at) == (reasons["why"], reasons["built_at"])
    assert (row.packages, row.path) == (["six==1.17.0"], str(place))
    assert row.python.startswith("3.")
    assert row.own_size > 0
    assert row.last_used_at.endswith("+00:00")


def test_a_row_of_a_damaged_environment_says_what_is_known(root: Path) -> None:
    place = fake.make(root, "key", "six==1.17.0")
    (place / receipt.NAME).unlink()
    row = inventory.row(shelf.look(place), {})
    assert (row.key, row.python, row.packages, row.why, row.in_use) == ("key", "", [], "", False)
