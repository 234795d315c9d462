import os
from pathlib import Path

from framework.environments.installed import built, leases, receipt
from framework.environments.upkeep import inventory
from framework.environments.upkeep.uses import Use
from tests.fakes import environment as fake


def test_a_row_says_for_whom_why_and_when(root: Path) -> None:
    reasons = {"why": "requirements changed: +six", "built_at": "2026-11-24T12:00:00+00:00"}
    folder = fake.make(root, "key", "six==1.17.0", **reasons)
    uses = {"key": Use(current=("kafka",), previous=("jira",))}
    with leases.shared(folder):
        row = inventory.row(built.read(folder), uses)
    assert (row.used_by, row.previous_of, row.in_use) == (("kafka",), ("jira",), True)
    assert (row.why, row.built_at) == (reasons["why"], reasons["built_at"])
    assert (row.packages, row.path) == (["six==1.17.0"], str(folder))
    assert row.python.startswith("3.")
    assert row.own_size > 0
    assert row.last_used_at.endswith("+00:00")


def test_a_row_of_a_damaged_environment_says_what_is_known(root: Path) -> None:
    folder = fake.make(root, "key", "six==1.17.0")
    (folder / receipt.NAME).unlink()
    row = inventory.row(built.read(folder), {})
    assert (row.key, row.python, row.packages, row.why, row.in_use) == ("key", "", [], "", False)


# --- sizes


def disk(path: Path) -> int:
    return path.stat().st_blocks * inventory.BLOCK


def test_a_file_with_links_from_elsewhere_is_shared(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (tmp_path / "cached").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "cached", folder / "linked")
    (folder / "own").write_bytes(b"x" * 5000)

    measured = inventory.measure(folder)

    assert measured.shared == disk(folder / "linked")
    assert measured.own == disk(folder / "own") + disk(folder)


def test_a_file_with_all_its_links_inside_counts_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "one").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "one", tmp_path / "sub" / "two")

    measured = inventory.measure(tmp_path)

    assert measured.shared == 0
    assert measured.own == disk(tmp_path / "one") + disk(tmp_path) + disk(tmp_path / "sub")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "large").write_bytes(b"x" * 100_000)
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "folder").symlink_to(tmp_path / "out")
    (tmp_path / "env" / "file").symlink_to(tmp_path / "out" / "large")
    assert inventory.measure(tmp_path / "env").own < 100_000


def test_a_folder_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    assert inventory.measure(tmp_path / "gone") == inventory.Size(0, 0)
