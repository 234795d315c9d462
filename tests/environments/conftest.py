"""Environments in a temporary folder, built by a stand-in for uv."""

from pathlib import Path
from threading import Event

import pytest

from framework.environments import Environments, Wanted
from tests.fakes.uv import FakeUv


@pytest.fixture
def uv(tmp_path: Path) -> FakeUv:
    return FakeUv(tmp_path / "uv")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "environments"


@pytest.fixture
def environments(root: Path, uv: FakeUv) -> Environments:
    return Environments(root, uv.path)


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "kafka" / "requirements.txt"
    path.parent.mkdir()
    path.write_text("six\n")
    return path


@pytest.fixture
def wanted(requirements: Path) -> Wanted:
    return Wanted("kafka", requirements.parent)


@pytest.fixture
def stop() -> Event:
    return Event()
