"""An integration that reads what a test tells it to, step by step, and waits at gates."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

KINDS = "kinds.json"
MAIN = """
import json
import time
from pathlib import Path

from framework.sdk import Integration

integration = Integration()


def wait(folder, name):
    (folder / f"{name}.reached").touch()
    while not (folder / f"{name}.open").exists() and not integration.cancelled:
        time.sleep(0.02)


def read(resync):
    folder = Path(integration.config["folder"])
    for step in json.loads((folder / f"{resync.kind}.json").read_text()):
        if isinstance(step, list):
            yield step
        elif "gate" in step:
            wait(folder, step["gate"])
        else:
            raise RuntimeError(step["fail"])


for kind in json.loads(Path(__file__).with_name("kinds.json").read_text()):
    integration.on_resync(kind)(read)
"""


class Script:
    """What a scripted integration reads; its config is `{folder: <this folder>}`."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def reads(self, kind: str, *steps: object) -> None:
        """Set the steps of a kind: a list is a yield; see also `gate` and `fail`."""
        (self.folder / f"{kind}.json").write_text(json.dumps(steps))

    def reached(self, gate: str) -> bool:
        return (self.folder / f"{gate}.reached").exists()

    def open(self, gate: str) -> None:
        (self.folder / f"{gate}.open").touch()


def gate(name: str) -> dict[str, str]:
    """Make a step that waits until the test opens the gate."""
    return {"gate": name}


def fail(reason: str) -> dict[str, str]:
    """Make a step at which the source fails."""
    return {"fail": reason}


def items(names: Sequence[str], version: str = "1") -> list[dict[str, str]]:
    """Make raw items with these ids; a hundred of them are a page of their own."""
    return [{"id": name, "version": version} for name in names]


def write(place: Path, kinds: Mapping[str, str]) -> None:
    """Write the integration into a folder; `kinds` says which blueprint each kind fills."""
    resources = place / ".port" / "resources"
    resources.mkdir(parents=True)
    (place / "main.py").write_text(MAIN)
    (place / "requirements.txt").write_text("")
    (place / KINDS).write_text(json.dumps(list(kinds)))
    blueprints = [blueprint(name) for name in sorted(set(kinds.values()))]
    (resources / "blueprints.json").write_text(json.dumps(blueprints))
    mapping = {"resources": [resource(kind, name) for kind, name in kinds.items()]}
    (resources / "port-app-config.yaml").write_text(json.dumps(mapping))


def blueprint(name: str) -> dict[str, object]:
    schema = {"properties": {"version": {"type": "string"}}}
    return {"identifier": name, "title": name.title(), "schema": schema}


def resource(kind: str, name: str) -> dict[str, object]:
    rules = {
        "identifier": ".id",
        "title": ".id",
        "blueprint": f'"{name}"',
        "properties": {"version": ".version"},
    }
    return {"kind": kind, "selector": {"query": "true"}, "port": {"entity": {"mappings": rules}}}
