"""What a strike needs to know, and what may be left after it."""

import enum
import random
import time
from collections.abc import Callable

from msgspec import Struct

from bench.shared import processes
from bench.shared.house import House
from bench.shared.processes import Process
from tests.fakes.proxy import Proxy

STOPPED_SECONDS = 0.05


class Scene(Struct, frozen=True):
    """A supervisor at work: the guard's pid, its own, and all processes of its integrations.

    `port` is what stands between it and Port.
    """

    house: House
    port: Proxy
    guard: int
    supervisor: int
    family: list[Process]
    chance: random.Random

    def integration(self) -> Process:
        """Pick an integration's own process."""
        return self.chance.choice(self.integrations())

    def integrations(self) -> list[Process]:
        """Return every integration's own process."""
        pids = {one["pid"] for one in self.house.integrations()}
        return [one for one in self.family if one.pid in pids]

    def kin(self, *heads: Process) -> list[Process]:
        """Return all processes of these integrations."""
        marks = {one.mark for one in heads}
        return [one for one in self.family if one.mark in marks]


class Reach(enum.Enum):
    """What ends by a strike, and who clears up."""

    INTEGRATION = "the supervisor clears up, and starts again what has ended"
    EVERYTHING = "what is left of supervisor and guard clears up"
    NEXT = "the next supervisor clears up"


class Sort(Struct, frozen=True):
    """`strike` returns who must be gone; of so many rounds in a deck it is `often`.

    What it did to anything but processes is over when it returns. One that `mounts` needs root.
    """

    name: str
    reach: Reach
    strike: Callable[[Scene], list[Process]]
    often: int = 1
    mounts: bool = False


def hit(pid: int, *signals: int) -> None:
    """Send signals, with a moment between two of them."""
    for number, pause in zip(signals, (0.0, *[STOPPED_SECONDS] * len(signals)), strict=False):
        time.sleep(pause)
        processes.kill(pid, number)
