"""Our supervisor with idle integrations, as the peer is asked about its processes."""

import json
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.shared.house import Chronicle, House, eventually

UP_SECONDS = 180.0
LOOK_SECONDS = 0.1  # between two looks at 200 of them
RESOURCE = {
    "kind": "thing",
    "selector": {"query": "true"},
    "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": '"thing"'}}},
}
FILES = {
    "main.py": """
from framework.sdk import Integration

integration = Integration()


@integration.on_resync("thing")
def things(resync):
    return []
""",
    "requirements.txt": "",
    ".port/resources/blueprints.json": json.dumps(
        [{"identifier": "thing", "title": "Thing", "schema": {"properties": {}}}]
    ),
    ".port/resources/port-app-config.yaml": json.dumps({"resources": [RESOURCE]}),
}


class Ours:
    """Its integrations are called idle-0, idle-1, …; after their first resync they do nothing."""

    def __init__(self, folder: Path, config: str, number: int):
        self.house = House(folder, config, [f"idle-{n}" for n in range(number)])
        self.house.write(FILES)
        subprocess.run(self.house.command("build"), check=True, capture_output=True)

    def start(self) -> Chronicle:
        """Start it; return what it says once all of its integrations are READY."""
        chronicle = self.house.start()
        self.until_up()
        return chronicle

    def until_up(self) -> None:
        """Wait until all of its integrations are READY."""
        self.house.until_ready(UP_SECONDS, LOOK_SECONDS)

    def settle(self) -> None:
        """Wait until every integration has told Port all that it found."""
        eventually(self._all_told, "all resyncs are completed", UP_SECONDS, LOOK_SECONDS)

    @property
    def supervisor(self) -> list[int]:
        """The processes that supervise: the guard and what it guards."""
        return sorted({self.house.first, self.house.supervisor})

    def pids(self) -> dict[str, int]:
        """Return the pid of each process."""
        return {one["identifier"]: one["pid"] for one in self.house.integrations()}

    def status(self) -> Any:
        """Ask how everything is."""
        return self.house.status()

    def delay(self, name: str, died: float) -> float:
        """Return how long it waits before a new start: its back-off."""
        retry = eventually(lambda: self._retry(name), f"{name} waits", UP_SECONDS)
        return datetime.fromisoformat(retry).timestamp() - died

    def died(self, name: str, line: str) -> bool:
        """Tell whether a line says that a process has died: an idle one says nothing itself."""
        return re.search(rf"\bintegration\.{name}: .*SIGKILL", line) is not None

    def started(self, name: str, line: str) -> bool:
        """Tell whether a line says that a process was started."""
        return re.search(rf"\bintegration\.{name}: STARTING", line) is not None

    def end(self) -> None:
        """End it and its integrations."""
        self.house.end()

    def _retry(self, name: str) -> str | None:
        found = self.house.integrations()
        return next((one["retryAt"] for one in found if one["identifier"] == name), None)

    def _all_told(self) -> bool:
        reports = [one["lastResync"] for one in self.house.integrations()]
        return bool(reports) and all(one and one["status"] == "completed" for one in reports)
