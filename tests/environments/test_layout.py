from pathlib import Path

from framework.environments import layout


def test_what_a_build_needs_is_made_once_and_for_the_owner_alone(root: Path) -> None:
    layout.make(root)
    layout.make(root)
    found = {path.name for path in root.iterdir()}
    assert found == {"envs", "build", "locks", "logs", "uv-cache"}
    assert root.stat().st_mode & 0o777 == 0o700
