import os
from pathlib import Path

from framework.environments import layout


def test_what_a_build_needs_is_made_once_and_for_the_owner_alone(root: Path) -> None:
    layout.make(root)
    layout.make(root)
    found = {path.name for path in root.iterdir()}
    assert found == {"envs", "build", "locks", "logs", "uv-cache"}
    assert root.stat().st_mode & 0o777 == 0o700


def test_whoever_makes_it_first_closes_it_and_what_is_above_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        layout.make(tmp_path / ".state" / "environments")
    finally:
        os.umask(before)
    for folder in (tmp_path / ".state", tmp_path / ".state" / "environments"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_one_that_is_open_is_closed(root: Path) -> None:
    root.mkdir(0o755, parents=True)
    layout.make(root)
    assert root.stat().st_mode & 0o777 == 0o700
