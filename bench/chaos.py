"""Kill at random whatever belongs to a supervisor, and count through /proc who is left over.

Integrations start grandchildren of every sort: in their group, in sessions of their own, daemons,
deaf to signals, forked without a program. After each kill, and what clears up after it, nobody who
was to go may be there, and nobody who is there may be one too many. There is no Port and no broker.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from bench.shared import brood, processes
from bench.shared.house import NOWHERE, House, Late, eventually
from bench.shared.processes import Process
from bench.shared.strikes import SORTS, Reach, Scene, Sort
from framework.console import client
from framework.errors import FrameworkError

ROUNDS = 20  # 200 prove it
INTEGRATIONS = ["one", "two", "three"]
READY_SECONDS = 60.0
GONE_SECONDS = 10.0  # for those who are to go
PAUSE_SECONDS = 0.1  # at most, before a kill

Row = dict[str, Any]


class Tally(Struct):
    """What came of one sort of kill; `seconds` is the longest that it took to clear up.

    `doomed` counts the processes that had to go by it.
    """

    rounds: int = 0
    doomed: int = 0
    orphans: int = 0
    seconds: float = 0.0


class Chaos:
    """One supervisor, started again whenever it has been killed."""

    def __init__(self, folder: Path, chance: random.Random):
        self._chance = chance
        self._house = House(folder, NOWHERE, INTEGRATIONS)
        self._house.write(brood.FILES)
        self.tallies = {sort.name: Tally() for sort in SORTS}

    def round(self, sort: Sort) -> None:
        """Kill once, wait until that is cleared up, count who is left."""
        scene = self._scene()
        time.sleep(self._chance.uniform(0, PAUSE_SECONDS))
        doomed = sort.strike(scene)
        began = time.monotonic()
        self._clear_up(sort.reach)
        orphans = self._left(sort.reach, doomed)
        tally = self.tallies[sort.name]
        tally.rounds += 1
        tally.doomed += len(doomed)
        tally.orphans += len(orphans)
        tally.seconds = max(tally.seconds, time.monotonic() - began)
        report(sort.name, orphans)

    def end(self) -> int:
        """Stop it; return how many are left even then."""
        left = self._house.marked() if self._stopped() else []
        self._house.end()
        report("the end", left)
        return len(left)

    def _stopped(self) -> bool:
        if self._house.is_over:
            return False
        processes.kill(self._house.first, signal.SIGTERM)
        self._house.ended()
        return True

    def _scene(self) -> Scene:
        """Return a supervisor all of whose integrations are READY, started if there is none."""
        if self._house.is_over:
            self._house.start()
            self._house.until_ready(READY_SECONDS)
            eventually(self._all_there, "all processes are there", READY_SECONDS)
        self._house.until_ready(READY_SECONDS)
        supervisor, first = self._house.supervisor, self._house.first
        if supervisor not in processes.children(first):
            raise Late(f"process {supervisor} does not run under the guard, process {first}")
        family = self._house.marked()
        return Scene(self._house, first, supervisor, family, self._chance)

    def _all_there(self) -> bool:
        """Tell whether every integration has all its processes; nobody may be one too many."""
        found = Counter(one.mark for one in self._house.marked())
        if any(number > brood.PROCESSES for number in found.values()):
            raise Late(f"more processes than integrations start: {found}")
        return len(found) == len(INTEGRATIONS) and set(found.values()) == {brood.PROCESSES}

    def _clear_up(self, reach: Reach) -> None:
        if reach is Reach.INTEGRATION:
            return
        self._house.ended()
        eventually(lambda: self._house.is_free, "the supervisor's end", GONE_SECONDS)
        if reach is Reach.NEXT:
            self._house.start()
            self._house.until_ready(READY_SECONDS)

    def _left(self, reach: Reach, doomed: list[Process]) -> list[Process]:
        """Return who is still there when nobody of them may be."""

        def left() -> list[Process]:
            found = self._house.marked()
            return found if reach is Reach.EVERYTHING else [one for one in found if one in doomed]

        with suppress(Late):
            eventually(lambda: not left(), "nobody is left", GONE_SECONDS)
        if reach is Reach.INTEGRATION:
            self._start_at_once()
        return left()

    def _start_at_once(self) -> None:
        """Spare us the back-off of those that were killed."""
        for one in self._house.integrations():
            if one["state"] in {"BACKOFF", "CRASH_LOOP"}:
                with suppress(FrameworkError):
                    client.desire(self._house.state, one["identifier"], "start")


def report(cause: str, orphans: list[Process]) -> None:
    """Say who is left, and end them: they shall not be counted again."""
    for orphan in orphans:
        what = processes.program(orphan.pid)
        print(f"{cause}: {orphan.mark} left {orphan.pid}: {what}", file=sys.stderr)
        processes.kill(orphan.pid, signal.SIGKILL)


def deck(chance: random.Random) -> Iterator[Sort]:
    """Deal sorts of kills for ever, each as often as it says."""
    while True:
        cards = [sort for sort in SORTS for _ in range(sort.often)]
        chance.shuffle(cards)
        yield from cards


def rows(chaos: Chaos, left: int) -> Iterator[Row]:
    """Compose a row for each sort, and the sum."""
    for name, tally in chaos.tallies.items():
        if tally.rounds:
            yield row(name, tally)
    every = chaos.tallies.values()
    yield row(
        "all",
        Tally(
            sum(one.rounds for one in every),
            sum(one.doomed for one in every),
            sum(one.orphans for one in every) + left,
            max(one.seconds for one in every),
        ),
    )


def row(name: str, tally: Tally) -> Row:
    """Compose a row; nobody else does this, so there is no peer."""
    numbers = {"ours": tally.orphans, "peer": None, "unit": "orphans", "ratio": None}
    more = {"rounds": tally.rounds, "doomed": tally.doomed, "seconds": round(tally.seconds, 2)}
    return {"name": name, **numbers, "goal": 0, "holds": tally.orphans == 0, **more}


def shown(one: Row) -> str:
    """Write a row for people."""
    result = "" if one["holds"] else "  MISSED: goal 0"
    return (
        f"{one['name']:32} {one['rounds']:>4} rounds {one['doomed']:>5} killed or to go"
        f" {one['ours']:>3} orphans"
        f"  clear within {one['seconds']:.2f} s{result}"
    )


def main() -> None:
    """Do the rounds and print the counts; exit 1 if there is an orphan."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="one JSON object a row")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    asked = arguments.parse_args()
    print(f"seed {asked.seed}", file=sys.stderr)
    chance = random.Random(asked.seed)  # noqa: S311 - it hides nothing
    with TemporaryDirectory(prefix="bench-") as folder:
        chaos = Chaos(Path(folder) / "house", chance)
        try:
            for _, sort in zip(range(asked.rounds), deck(chance), strict=False):
                chaos.round(sort)
        finally:
            left = chaos.end()
    for one in rows(chaos, left):
        print(json.dumps(one) if asked.json else shown(one))
    raise SystemExit(not one["holds"])


if __name__ == "__main__":
    main()
