"""Find damaged environments, and rebuild those that no process runs in."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Literal

from msgspec import Struct, structs

from framework.environments import layout, turns
from framework.environments.installed import built, leases, receipt
from framework.environments.installed.built import Built, InUseError
from framework.environments.upkeep import damage
from framework.environments.upkeep.damage import CHANGED, MISSING, Damage, Sound
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Say
from framework.errors import FrameworkError

Outcome = Literal["damaged", "repaired", "removed", "in use", "failed"]
CURED = ("repaired", "removed")
AGAIN = "it is damaged again after it was built twice"
RESTART = "stop the supervisor, or what else runs in it; run this again; start the supervisor"
TURN = "repair"  # one repair at a time; it also keeps sweeps from what was taken away


class Patient(Struct, frozen=True):
    """A damaged environment; `reason` says why it still is, or why it had to go."""

    environment: Built
    damages: list[Damage]
    outcome: Outcome = "damaged"
    reason: str | None = None

    @property
    def cured(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.outcome in CURED


def examine(environment: Built, sound: Sound) -> list[Damage]:
    """Return what is damaged in one environment; it cannot be removed meanwhile."""
    if environment.receipt is None:
        return [Damage(receipt.NAME, MISSING)]
    try:
        with leases.shared(environment.path):
            return list(damage.found(environment.path, environment.receipt, sound))
    except OSError:
        return []  # it is being removed or replaced at this moment


class Repair(Struct, frozen=True):
    """`build` builds what integrations want and is missing; `sound` is how the result is checked.

    `build` raises FrameworkError; an environment that could not be built comes back as it was.
    """

    root: Path
    uv: Uv
    build: Callable[[str], None]  # takes the key of an environment that was taken away
    sound: Sound
    stop: Event

    def all(self, patients: list[Patient], say: Say) -> Iterator[Patient]:
        """Yield each with its outcome."""
        for name in (layout.SCRATCH, layout.LOCKS):
            (self.root / name).mkdir(exist_ok=True)
        turn = self.root / layout.LOCKS / TURN
        with turns.held(turn, self.stop, lambda: say("another repair runs")):
            # A hard link is the same file in the cache and in every environment built from it.
            damages = (one for patient in patients for one in patient.damages)
            self._forget(one for one in damages if one.what == CHANGED)
            for patient in patients:
                say(f"{patient.environment.name}: building it again")
                yield self._repaired(patient)

    def _repaired(self, patient: Patient) -> Patient:
        after = self._replaced(patient)
        if after.outcome != "repaired" or not (left := self._left(after)):
            return after
        self._forget(left)  # what is missing here was missing in the cache, too
        after = self._replaced(structs.replace(patient, damages=left))
        if after.outcome == "repaired" and self._left(after):
            return structs.replace(after, outcome="failed", reason=AGAIN)
        return after

    def _replaced(self, patient: Patient) -> Patient:
        try:
            self._replace(patient.environment)
        except InUseError as error:
            return structs.replace(patient, outcome="in use", reason=f"{error}: {RESTART}")
        except FrameworkError as error:
            return structs.replace(patient, outcome="failed", reason=str(error))
        there = patient.environment.path.exists()
        return structs.replace(patient, outcome="repaired" if there else "removed")

    def _replace(self, environment: Built) -> None:
        with TemporaryDirectory(
            prefix=f"{TURN}-", dir=self.root / layout.SCRATCH, ignore_cleanup_errors=True
        ) as folder:
            damaged = Path(folder, "env")
            built.take_away(self.root, environment, damaged)
            try:
                self.build(environment.key)
            except BaseException:
                if not environment.path.exists():
                    damaged.rename(environment.path)
                raise

    def _left(self, patient: Patient) -> list[Damage]:
        return examine(built.read(patient.environment.path), self.sound)

    def _forget(self, damages: Iterable[Damage]) -> None:
        if packages := {one.package for one in damages if one.package}:
            installer.drop(self.uv, packages, self.stop)
