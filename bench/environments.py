"""Build environments: ours against plain uv, and against venv and pip.

The peers are what people type: `uv venv` and `uv pip sync --require-hashes`, and `python -m venv`
and `pip install --require-hashes`. All of them install the same lock. Ours also looks whether the
set fits together, brings it to the disk, and writes its receipt. Cold means an empty cache.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from framework.environments import Environment, Environments, Wanted
from framework.environments.uv import installer

SETS = {"small": "requests\n", "heavy": "boto3\ngoogle-cloud-storage\n"}
ROUNDS = 7  # of what takes less than a second
MANY = 50  # integrations in a warm check
EQUAL = 10  # integrations with equal requirements
MEGABYTE = 1_000_000
BLOCK = 512  # bytes; the unit of st_blocks
BUILD_GOAL = 1.3  # times plain uv
CHECK_GOAL = 50.0  # milliseconds for all
DISK_GOAL = 10.0  # megabytes beyond one

Row = dict[str, Any]


def silent(_: str) -> None:
    """Say nothing."""


class Bench:
    """One set of requirements, a state folder of our own, and places for the peers."""

    def __init__(self, folder: Path, text: str):
        self.folder = folder
        self._count = 0
        self.wanted = wanting(folder / "integration", text)
        environments = Environments(folder / "warm")
        environments.ensure(self.wanted, Event(), silent)
        self.lock = environments.commit(self.wanted)
        self.ours_warm()

    def ours_warm(self) -> float:
        """Build again what is gone; its lock and its packages are there."""
        environments = Environments(self.folder / "warm")
        if found := environments.ready(self.wanted):
            found.path.rename(self._venv())  # removing it would keep the disk busy
        return timed(lambda: environments.ensure(self.wanted, Event(), silent))

    def ours_cold(self) -> float:
        """Build with nothing there, the environment of the sdk's msgspec included."""
        return timed(
            lambda: Environments(self.folder / "cold").ensure(self.wanted, Event(), silent)
        )

    def uv(self, cache: str, *options: str) -> float:
        """Do what `uv venv` and `uv pip sync` do."""
        venv = self._venv()
        uv = [str(installer.find()), "--quiet", "--cache-dir", str(self.folder / cache)]
        sync = ["pip", "sync", "--require-hashes", *options, "--python", str(venv / "bin/python")]

        def build() -> None:
            run([*uv, "venv", "--python", base(), str(venv)])
            run([*uv, *sync, str(self.lock)])

        return timed(build)

    def pip(self) -> float:
        """Do what `python -m venv` and `pip install` do."""
        venv = self._venv()
        install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        cache = ["--cache-dir", str(self.folder / "pip-cache"), "-r", str(self.lock)]

        def build() -> None:
            run([base(), "-m", "venv", str(venv)])
            run([str(venv / "bin" / "pip"), *install, *cache])

        return timed(build)

    def _venv(self) -> Path:
        """Return a place where no environment was before: uv remembers those it has seen."""
        self._count += 1
        return self.folder / f"venv-{self._count}"


def wanting(folder: Path, text: str) -> Wanted:
    """Make an integration's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "requirements.txt").write_text(text)
    return Wanted(folder.name, folder)


def base() -> str:
    """Return the interpreter under ours, which has pip."""
    return os.path.realpath(sys.executable)


def run(argv: list[str]) -> None:
    """Run a peer's program; the benchmark ends if it fails."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
    }
    extra = {"UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never", "PIP_CERT": ""}
    extra = {name: value for name, value in extra.items() if value}
    subprocess.run(argv, env=environ | extra, check=True, capture_output=True, timeout=170)


def timed(build: Callable[[], object]) -> float:
    """Return the seconds that it takes."""
    began = time.perf_counter()
    build()
    return time.perf_counter() - began


def builds(name: str, bench: Bench) -> Iterator[Row]:
    """Compare builds of one set."""
    bench.uv("uv-cache")
    rounds = [
        (bench.ours_warm(), bench.uv("uv-cache"), bench.uv("uv-cache", "--offline"))
        for _ in range(ROUNDS)
    ]
    ours, plain, offline = (statistics.median(one) for one in zip(*rounds, strict=True))
    yield row(f"{name}, warm, against uv", ours, plain, BUILD_GOAL)
    yield row(f"{name}, warm, against uv --offline", ours, offline)
    cold, pip_cold = bench.ours_cold(), bench.pip()
    yield row(f"{name}, warm, against venv + pip", ours, bench.pip())
    yield row(f"{name}, cold, against uv", cold, bench.uv("cold-uv-cache"))
    yield row(f"{name}, cold, against venv + pip", cold, pip_cold)


def row(name: str, ours: float, peer: float, goal: float | None = None) -> Row:
    """Compose a row about seconds; the ratio is how many times the peer's we take."""
    ratio = round(ours / peer, 2)
    holds = goal is None or ratio <= goal
    numbers = {"ours": round(ours, 3), "peer": round(peer, 3), "unit": "s", "ratio": ratio}
    return {"name": name, **numbers, "goal": goal, "holds": holds}


def checks(folder: Path) -> Row:
    """Look for the environments of many integrations, as a start does when all are there."""
    root = folder / "warm"
    every = [wanting(folder / f"many-{n}", f"{SETS['heavy']}# {n}\n") for n in range(MANY)]
    for one in every:
        Environments(root).ensure(one, Event(), silent)
    environments = Environments(root)

    def check() -> list[Environment | None]:
        return [environments.ready(one) for one in every]

    took = timed(check) * 1000
    numbers = {"ours": round(took, 1), "peer": None, "unit": "ms", "ratio": None}
    return {
        "name": f"warm check of {MANY} integrations",
        **numbers,
        "goal": CHECK_GOAL,
        "holds": took <= CHECK_GOAL and all(check()),
    }


def disk(folder: Path) -> Row:
    """Compare what ten integrations with equal requirements take with what one takes."""
    root, peers = folder / "equal", folder / "peers"
    environments = Environments(root)
    sizes = []
    for number in range(EQUAL):
        wanted = wanting(folder / f"equal-{number}", SETS["heavy"])
        environments.ensure(wanted, Event(), silent)
        sizes.append(taken(root))
    committed = environments.commit(wanted)
    uv = [str(installer.find()), "--quiet", "--cache-dir", str(peers / "cache")]
    peer_sizes = []
    for number in range(EQUAL):
        venv = peers / str(number)
        run([*uv, "venv", "--python", base(), str(venv)])
        run([*uv, "pip", "sync", "--python", str(venv / "bin/python"), str(committed)])
        peer_sizes.append(taken(peers))
    ours, peer = (round((one[-1] - one[0]) / MEGABYTE, 1) for one in (sizes, peer_sizes))
    numbers = {"ours": ours, "peer": peer, "unit": "MB", "ratio": round(ours / peer, 3)}
    return {
        "name": f"{EQUAL} equal heavy ones beyond one, against uv",
        **numbers,
        "goal": DISK_GOAL,
        "holds": ours <= DISK_GOAL,
    }


def taken(folder: Path) -> int:
    """Return the bytes that a folder takes on the disk; what has several names counts once."""
    found = (
        (Path(at) / name).lstat()
        for at, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )
    return sum({one.st_ino: one.st_blocks * BLOCK for one in found}.values())


def rows(folder: Path) -> Iterator[Row]:
    """Measure everything."""
    for name, text in SETS.items():
        yield from builds(name, Bench(folder / name, text))
    yield checks(folder / "heavy")
    yield disk(folder)


def main() -> None:
    """Measure and print a row for each comparison."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="one JSON object a row")
    as_json = arguments.parse_args().json
    with TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        for one in rows(Path(folder)):
            print(json.dumps(one) if as_json else shown(one), flush=True)


def shown(one: Row) -> str:
    """Write a row for people."""
    peer = f"peer {one['peer']:>8} {one['unit']:2}" if one["peer"] is not None else " " * 16
    ratio = f"ratio {one['ratio']:<6}" if one["ratio"] is not None else " " * 12
    goal = f"goal {one['goal']:g}: {'holds' if one['holds'] else 'MISSED'}" if one["goal"] else ""
    return f"{one['name']:46} ours {one['ours']:>8} {one['unit']:2}  {peer}  {ratio} {goal}"


if __name__ == "__main__":
    main()
