"""A config.yaml with integrations of its own beside it, and what is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from framework import config
from framework.config import Config
from framework.errors import ConfigError

SPEC = """\
configurations:
  - {name: bootstrap_servers, type: string, required: true}
  - {name: password, type: string, sensitive: true}
  - {name: page_size, type: integer, default: 100}
"""
ENVIRON = {"PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "hunter2"}


class Desk:
    """Where an operator sits: a folder with integrations, a config.yaml, an environment."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.path = folder / "config.yaml"
        self.environ = dict(ENVIRON)
        self.install("kafka", SPEC)

    def install(self, name: str, spec: str | None = None) -> Path:
        place = self.folder / "integrations" / name
        (place / ".port").mkdir(parents=True)
        (place / "main.py").touch()
        if spec is not None:
            (place / ".port" / "spec.yaml").write_text(spec)
        return place

    def write(self, text: str) -> None:
        self.path.write_text(f"integrationsPath: [integrations]\n{text}")

    def load(self, text: str) -> Config:
        self.write(text)
        return config.load(self.path, self.environ)

    def problems(self, text: str) -> list[str]:
        """Return one line for each problem, without the folder's name."""
        with pytest.raises(ConfigError) as caught:
            self.load(text)
        return str(caught.value).replace(f"{self.folder}/", "").splitlines()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def load(desk: Desk) -> Callable[[str], Config]:
    return desk.load


@pytest.fixture
def problems(desk: Desk) -> Callable[[str], list[str]]:
    return desk.problems
