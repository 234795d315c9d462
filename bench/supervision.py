"""Supervise idle processes: ours against supervisord, with 1, 20, 100 and 200 of them.

One after the other, each with nothing but idle Python processes. Ours are integrations that have
had their resync; Port and its broker are local ones and not counted, nor is what a build takes;
the guard is. A death is noticed when the line about it comes out of the supervisor, a process
replaced when the one about its new start does; the back-off in between is subtracted.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.shared import processes
from bench.shared.deaths import Subject, kill
from bench.shared.house import Chronicle
from bench.shared.local import local
from bench.shared.ours import Ours
from bench.shared.supervisord import Supervisord

SIZES = [1, 20, 100, 200]
QUIET_SECONDS = 3.0  # for what a start leaves to do
IDLE_SECONDS = 10.0  # one heartbeat of each integration
VICTIMS = 5
TIMES = 3  # one process is killed at most: each death makes the back-off longer
PAUSE_SECONDS = 0.1  # before the next kill
QUESTIONS = 5
MEGABYTE = 1_000_000

Row = dict[str, Any]

# What it is called, its unit, our goal.
MEASURED: dict[str, tuple[str, str, float | None]] = {
    "up": ("until all are up", "s", None),
    "cpu": ("CPU of the supervisor, idle", "%", 1.2),
    "memory": ("memory of the supervisor", "MB", 150.0),
    "process": ("memory of an idle process", "MB", 12.0),
    "status": ("status of all", "ms", 100.0),
    "noticed": ("death noticed, median", "ms", 10.0),
    "slowest": ("death noticed, slowest", "ms", None),
    "replaced": ("replaced beyond the back-off", "ms", None),
}


def measure(subject: Subject) -> dict[str, float]:
    """Return what is in MEASURED."""
    began = time.monotonic()
    try:
        chronicle = subject.start()
        up = time.monotonic() - began
        subject.settle()
        time.sleep(QUIET_SECONDS)
        return {"up": up, **idle(subject), **deaths(subject, chronicle)}
    finally:
        subject.end()


def idle(subject: Subject) -> dict[str, float]:
    """Measure what it takes while nothing happens, and one question."""
    found = subject.pids()
    used = [processes.cpu_seconds(pid) for pid in subject.supervisor]
    began = time.monotonic()
    time.sleep(IDLE_SECONDS)
    taken = sum(map(processes.cpu_seconds, subject.supervisor)) - sum(used)
    cpu = 100 * taken / (time.monotonic() - began)
    memory = sum(map(processes.memory, subject.supervisor)) / MEGABYTE
    one = statistics.median(map(processes.memory, found.values())) / MEGABYTE
    asked = statistics.median(timed(subject.status) for _ in range(QUESTIONS)) * 1000
    return {"cpu": cpu, "memory": memory, "process": one, "status": asked}


def timed(ask: Callable[[], object]) -> float:
    """Return the seconds that it takes."""
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def deaths(subject: Subject, chronicle: Chronicle) -> dict[str, float]:
    """Kill some processes, one after the other: another death could hasten a replacement."""
    names = sorted(subject.pids()) * TIMES
    found = []
    for name in random.sample(names, min(VICTIMS, len(names))):
        subject.until_up()
        time.sleep(PAUSE_SECONDS)
        found.append(kill(subject, chronicle, name))
    noticed = [one.noticed * 1000 for one in found]
    return {
        "noticed": statistics.median(noticed),
        "slowest": max(noticed),
        "replaced": statistics.median(one.replaced * 1000 for one in found),
    }


def rows(folder: Path, sizes: list[int]) -> Iterator[Row]:
    """Measure everything."""
    for size in sizes:
        with local(folder / f"local-{size}") as config:
            ours = measure(Ours(folder / f"ours-{size}", config, size))
        peer = measure(Supervisord(folder / f"peer-{size}", size))
        for key, (name, unit, goal) in MEASURED.items():
            yield row(f"{size:>3}: {name}", (ours[key], peer[key]), unit, goal)


def row(name: str, measured: tuple[float, float], unit: str, goal: float | None) -> Row:
    """Compose a row; the ratio is how many times the peer's we take."""
    ours, peer = (round(one, 2) for one in measured)
    ratio = float(f"{ours / peer:.3g}") if peer else None
    holds = goal is None or measured[0] <= goal
    numbers = {"ours": ours, "peer": peer, "unit": unit, "ratio": ratio}
    return {"name": name, **numbers, "goal": goal, "holds": holds}


def main() -> None:
    """Measure and print a row for each comparison; exit 1 if a goal is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="one JSON object a row")
    arguments.add_argument("--sizes", type=sizes, default=SIZES, help="such as 1,20,100,200")
    asked = arguments.parse_args()
    missed = False
    with TemporaryDirectory(prefix="bench-") as folder:
        for one in rows(Path(folder), asked.sizes):
            print(json.dumps(one) if asked.json else shown(one), flush=True)
            missed = missed or not one["holds"]
    raise SystemExit(missed)


def sizes(text: str) -> list[int]:
    """Read `1,20`."""
    return [int(one) for one in text.split(",")]


def shown(one: Row) -> str:
    """Write a row for people."""
    numbers = f"ours {one['ours']:>8} {one['unit']:2}  peer {one['peer']:>8} {one['unit']:2}"
    ratio = f"ratio {one['ratio']}" if one["ratio"] is not None else ""
    goal = f"goal {one['goal']:g}: {'holds' if one['holds'] else 'MISSED'}" if one["goal"] else ""
    return f"{one['name']:34} {numbers}  {ratio:12} {goal}".rstrip()


if __name__ == "__main__":
    main()
