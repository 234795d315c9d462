"""Strike at random whatever belongs to a supervisor, and look through /proc who is left over.

Integrations start grandchildren of every sort: in their group, in sessions of their own, daemons,
deaf to signals, forked without a program. Their processes, the supervisor and its guard are killed;
it is told to reload, its disk is full or read-only, it can open no files, its Port is slow, fails,
is mute or down. Afterwards nobody who was to go may be there, and nobody one too many; every
integration must be READY again; and the supervisor must not have ended by itself.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from bench.shared import brood, processes
from bench.shared.house import House, Late, eventually
from bench.shared.kills import KILLS
from bench.shared.local import REACHED, sandbox
from bench.shared.processes import Process
from bench.shared.scene import Reach, Scene, Sort
from bench.shared.troubles import TROUBLES, disk
from framework.console import client
from framework.errors import FrameworkError
from tests.fakes.proxy import Proxy

ROUNDS = 30  # 300 prove it
HOUSES = 3  # at the same time: a round mostly waits
INTEGRATIONS = ["one", "two", "three"]
READY_SECONDS = 60.0
GONE_SECONDS = 10.0  # for those who are to go
PAUSE_SECONDS = 0.1  # at most, before a strike
THE_END = "the end"
LOOK_SECONDS = 0.1  # between two looks at what takes longer

Row = dict[str, Any]


class Tally(Struct):
    """What came of one sort of strike; `seconds` is the longest that it took to clear up.

    `doomed` counts the processes that had to go by it, `lost` the integrations that were not READY
    again, `ended` the supervisors that ended by themselves.
    """

    rounds: int = 0
    doomed: int = 0
    orphans: int = 0
    lost: int = 0
    ended: int = 0
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Add what came of other strikes."""
        self.rounds += other.rounds
        self.doomed += other.doomed
        self.orphans += other.orphans
        self.lost += other.lost
        self.ended += other.ended
        self.seconds = max(self.seconds, other.seconds)


class Chaos:
    """One supervisor, started again whenever it has been killed."""

    def __init__(self, folder: Path, names: list[str], address: dict[str, str], seed: int):
        self._chance = random.Random(seed)  # noqa: S311 - it hides nothing
        self._port = Proxy(address["url"])
        config = REACHED.format(**{**address, "url": self._port.url})
        self._house = House(folder, config, names)
        self._house.write(brood.FILES)
        self._mounted = ExitStack()
        self.tallies: dict[str, Tally] = {}

    def play(self, rounds: int) -> None:
        """Do so many rounds, and look in the end who is left."""
        try:
            if may_mount():
                self._mounted.enter_context(disk(self._house.state))
            for _, sort in zip(range(rounds), deck(self._chance), strict=False):
                self._tally(sort.name).add(self._round(sort))
        finally:
            self._end()

    def _round(self, sort: Sort) -> Tally:
        """Strike once, wait until that is cleared up, count who is left and who is missing."""
        if self._house.is_over and (lost := self._start()):
            ended = self._ended(f"the start before {sort.name}")
            self._report("the start", [], lost)
            return Tally(1, lost=len(lost), ended=ended)
        scene = self._scene()
        time.sleep(self._chance.uniform(0, PAUSE_SECONDS))
        doomed = sort.strike(scene)
        began = time.monotonic()
        self._clear_up(sort.reach)
        orphans = self._left(sort.reach, doomed)
        lost = self._missing() if sort.reach is not Reach.EVERYTHING else []
        ended = self._ended(sort.name) if sort.reach is Reach.INTEGRATION else 0
        orphans += self._too_many() if sort.reach is Reach.INTEGRATION else []
        self._report(sort.name, orphans, lost)
        seconds = time.monotonic() - began
        return Tally(1, len(doomed), len(orphans), len(lost), ended, seconds)

    def _end(self) -> None:
        left = self._house.marked() if self._stopped() else []
        self._report(THE_END, left, [])
        self._tally(THE_END).add(Tally(orphans=len(left)))
        self._house.end()
        self._mounted.close()
        self._port.down()

    def _stopped(self) -> bool:
        if self._house.is_over:
            return False
        processes.kill(self._house.first, signal.SIGTERM)
        self._house.ended()
        return True

    def _tally(self, name: str) -> Tally:
        return self.tallies.setdefault(name, Tally())

    def _start(self) -> list[str]:
        """Start a supervisor; return what is said about integrations that are not READY then."""
        self._house.start()
        if lost := self._missing():
            return lost
        eventually(self._all_there, "all processes are there", READY_SECONDS)
        return []

    def _scene(self) -> Scene:
        """Return the supervisor, all of whose integrations are READY."""
        self._house.until_ready(READY_SECONDS)
        supervisor, first = self._house.supervisor, self._house.first
        if supervisor not in processes.children(first):
            raise Late(f"process {supervisor} does not run under the guard, process {first}")
        family = self._family()
        return Scene(self._house, self._port, first, supervisor, family, self._chance)

    def _family(self) -> list[Process]:
        """Return the processes of integrations; the supervisor has others of its own."""
        names = self._house.names
        return [one for one in self._house.marked() if one.mark.partition("/")[2] in names]

    def _all_there(self) -> bool:
        """Tell whether every integration has all its processes."""
        found = Counter(one.mark for one in self._family())
        return len(found) == len(self._house.names) and set(found.values()) == {brood.PROCESSES}

    def _too_many(self) -> list[Process]:
        """Return what an integration has more than it starts, the youngest."""
        family = sorted(self._family(), key=lambda one: one.started)
        kin = [[one for one in family if one.mark == mark] for mark in {one.mark for one in family}]
        return [one for few in kin for one in few[brood.PROCESSES :]]

    def _ended(self, cause: str) -> int:
        """Tell how many supervisors ended though nobody meant them to."""
        if not self._house.is_over:
            return 0
        print(f"{cause}: the supervisor ended with {self._house.ended()}", file=sys.stderr)
        self._show_log()
        return 1

    def _clear_up(self, reach: Reach) -> None:
        if reach is Reach.INTEGRATION:
            return
        self._house.ended()
        eventually(lambda: self._house.is_free, "the supervisor's end", GONE_SECONDS)
        if reach is Reach.NEXT:
            self._house.start()

    def _left(self, reach: Reach, doomed: list[Process]) -> list[Process]:
        """Return who is still there when nobody of them may be."""

        def left() -> list[Process]:
            found = self._house.marked()
            return found if reach is Reach.EVERYTHING else [one for one in found if one in doomed]

        with suppress(Late):
            eventually(lambda: not left(), "nobody is left", GONE_SECONDS)
        return left()

    def _missing(self) -> list[str]:
        """Wait until every integration is READY; return what is said about those that are not."""
        with suppress(Late):
            eventually(self._all_back, "all are READY", READY_SECONDS, LOOK_SECONDS)
            return []
        found = {one["identifier"]: one for one in self._house.integrations()}
        return [
            f"{name} is {found[name]['state']}: {found[name]['reason']}"
            if name in found
            else f"{name} is unknown"
            for name in self._house.names
            if found.get(name, {}).get("state") != "READY"
        ]

    def _all_back(self) -> bool:
        if self._house.is_over:
            raise Late("the supervisor ended")
        self._start_at_once()
        found = self._house.integrations()
        states = {one["identifier"]: one["state"] for one in found}
        return states == dict.fromkeys(self._house.names, "READY")

    def _start_at_once(self) -> None:
        """Spare us the back-off of those that were killed."""
        for one in self._house.integrations():
            if one["state"] in {"BACKOFF", "CRASH_LOOP"}:
                with suppress(FrameworkError):
                    client.desire(self._house.state, one["identifier"], "start")

    def _report(self, cause: str, orphans: list[Process], lost: list[str]) -> None:
        """Say who is left and who is missing; end both: they shall not be counted again."""
        for orphan in orphans:
            what = processes.program(orphan.pid)
            print(f"{cause}: {orphan.mark} left {orphan.pid}: {what}", file=sys.stderr)
            processes.kill(orphan.pid, signal.SIGKILL)
        for one in lost:
            print(f"{cause}: {one}", file=sys.stderr)
        if lost:
            self._show_log()
            self._house.end()

    def _show_log(self) -> None:
        print(*self._house.said.last, sep="\n", file=sys.stderr)


def may_mount() -> bool:
    """Tell whether a disk can be made for the state folder."""
    return os.geteuid() == 0


def sorts() -> list[Sort]:
    """Return the sorts that can be played here."""
    return [sort for sort in (*KILLS, *TROUBLES) if may_mount() or not sort.mounts]


def deck(chance: random.Random) -> Iterator[Sort]:
    """Deal sorts of strikes for ever, each as often as it says."""
    while True:
        cards = [sort for sort in sorts() for _ in range(sort.often)]
        chance.shuffle(cards)
        yield from cards


def play(rounds: int, seed: int) -> dict[str, Tally]:
    """Let several supervisors share the rounds; return what came of each sort."""
    with TemporaryDirectory(prefix="bench-") as name, sandbox(Path(name) / "local") as address:
        houses = [
            Chaos(
                Path(name) / f"house-{n}", [f"{one}-{n}" for one in INTEGRATIONS], address, seed + n
            )
            for n in range(max(1, min(HOUSES, rounds)))
        ]
        shares = [len(range(n, rounds, len(houses))) for n in range(len(houses))]
        with ThreadPoolExecutor() as threads:
            list(threads.map(Chaos.play, houses, shares))
    names = [*(sort.name for sort in sorts()), THE_END]
    return {name: total(one.tallies.get(name, Tally()) for one in houses) for name in names}


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    whole = Tally()
    for one in tallies:
        whole.add(one)
    return whole


def rows(tallies: dict[str, Tally]) -> Iterator[Row]:
    """Compose a row for each sort, and one for each goal."""
    for name, tally in tallies.items():
        if tally.rounds:
            losses = tally.orphans + tally.lost + tally.ended
            yield row(name, losses, "orphans, lost or ended", tally)
    whole = total(tallies.values())
    yield row("orphans", whole.orphans, "processes", whole)
    yield row("integrations lost", whole.lost, "integrations", whole)
    yield row("supervisors ended", whole.ended, "supervisors", whole)


def row(name: str, ours: int, unit: str, tally: Tally) -> Row:
    """Compose a row; nobody else does this, so there is no peer."""
    numbers = {"ours": ours, "peer": None, "unit": unit, "ratio": None, "goal": 0}
    more = {"rounds": tally.rounds, "doomed": tally.doomed, "seconds": round(tally.seconds, 2)}
    return {"name": name, **numbers, "holds": ours == 0, **more}


def shown(one: Row) -> str:
    """Write a row for people."""
    result = "" if one["holds"] else "  MISSED: goal 0"
    return (
        f"{one['name']:30} {one['rounds']:>4} rounds {one['doomed']:>5} killed or to go"
        f" {one['ours']:>3} {one['unit']}"
        f"  clear within {one['seconds']:.2f} s{result}"
    )


def main() -> None:
    """Do the rounds and print the counts; exit 1 if there is a loss."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="one JSON object a row")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    asked = arguments.parse_args()
    print(f"seed {asked.seed}", file=sys.stderr)
    if not may_mount():
        out = ", ".join(sort.name for sort in TROUBLES if sort.mounts)
        print(f"left out, since only root can mount a disk: {out}", file=sys.stderr)
    found = list(rows(play(asked.rounds, asked.seed)))
    for one in found:
        print(json.dumps(one) if asked.json else shown(one))
    raise SystemExit(not all(one["holds"] for one in found))


if __name__ == "__main__":
    main()
