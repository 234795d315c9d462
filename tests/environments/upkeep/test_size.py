import os
from pathlib import Path

from framework.environments.upkeep import size


def disk(path: Path) -> int:
    return path.stat().st_blocks * size.BLOCK


def test_a_file_with_links_from_elsewhere_is_shared(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (tmp_path / "cached").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "cached", folder / "linked")
    (folder / "own").write_bytes(b"x" * 5000)

    measured = size.measure(folder)

    assert measured.shared == disk(folder / "linked")
    assert measured.own == disk(folder / "own") + disk(folder)


def test_a_file_with_all_its_links_inside_counts_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "one").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "one", tmp_path / "sub" / "two")

    measured = size.measure(tmp_path)

    assert measured.shared == 0
    assert measured.own == disk(tmp_path / "one") + disk(tmp_path) + disk(tmp_path / "sub")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "large").write_bytes(b"x" * 100_000)
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "folder").symlink_to(tmp_path / "out")
    (tmp_path / "env" / "file").symlink_to(tmp_path / "out" / "large")
    assert size.measure(tmp_path / "env").own < 100_000


def test_a_folder_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    assert size.measure(tmp_path / "gone") == size.Size(0, 0)
