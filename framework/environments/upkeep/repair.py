"""Find damaged environments, and build those again that no process runs in."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Literal

from msgspec import Struct, structs

from framework.environments import turns
from framework.environments.installed import leases, receipt, shelf
from framework.environments.installed.shelf import Built, InUseError
from framework.environments.upkeep import damage
from framework.environments.upkeep.damage import CHANGED, MISSING, Damage, Sound
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv
from framework.errors import FrameworkError

Outcome = Literal["damaged", "repaired", "removed", "in use", "failed"]
CURED = ("repaired", "removed")
AGAIN = "it is damaged again after it was built twice"
RESTART = "stop the supervisor, or what else runs in it; run this again; start the supervisor"
AT_ONCE = "repair"  # the lock of repairs: one at a time, and no sweep takes what lies aside


class Patient(Struct, frozen=True):
    """A damaged environment; `reason` says why it still is, or why it had to go."""

    built: Built
    damages: list[Damage]
    outcome: Outcome = "damaged"
    reason: str | None = None

    @property
    def cured(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.outcome in CURED


def examine(built: Built, sound: Sound) -> list[Damage]:
    """Return what is damaged in one environment; it cannot be removed meanwhile."""
    if built.receipt is None:
        return [Damage(receipt.NAME, MISSING)]
    try:
        with leases.shared(built.path):
            return damage.found(built.path, built.receipt, sound)
    except OSError:
        return []  # it is being removed or replaced at this moment


class Repair(Struct, frozen=True):
    """`build` builds what integrations want and is missing; `sound` is how the result is checked.

    It raises FrameworkError; an environment that could not be built comes back as it was.
    """

    root: Path
    uv: Uv
    build: Callable[[str], None]  # takes the key of an environment that was taken away
    sound: Sound
    stop: Event

    def all(self, patients: Iterable[Patient], say: Callable[[str], None]) -> Iterator[Patient]:
        """Yield each with its outcome."""
        patients = list(patients)
        for name in ("build", "locks"):
            (self.root / name).mkdir(exist_ok=True)
        lock = self.root / "locks" / AT_ONCE
        with turns.held(lock, self.stop, lambda: say("another repair runs")):
            # A hard link is the same file in the cache and in every environment built from it.
            self._forget(one for patient in patients for one in patient.damages if changed(one))
            for patient in patients:
                say(f"{patient.built.name}: building it again")
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
            self._replace(patient.built)
        except InUseError as error:
            return structs.replace(patient, outcome="in use", reason=f"{error}: {RESTART}")
        except FrameworkError as error:
            return structs.replace(patient, outcome="failed", reason=str(error))
        there = patient.built.path.exists()
        return structs.replace(patient, outcome="repaired" if there else "removed")

    def _replace(self, built: Built) -> None:
        with TemporaryDirectory(
            prefix=f"{AT_ONCE}-", dir=self.root / "build", ignore_cleanup_errors=True
        ) as aside:
            damaged = Path(aside, "env")
            shelf.take_down(self.root, built, damaged)
            try:
                self.build(built.key)
            except BaseException:
                if not built.path.exists():
                    damaged.rename(built.path)
                raise

    def _left(self, patient: Patient) -> list[Damage]:
        return examine(shelf.look(patient.built.path), self.sound)

    def _forget(self, damages: Iterable[Damage]) -> None:
        if packages := {one.package for one in damages if one.package}:
            installer.drop(self.uv, packages, self.stop)


def changed(one: Damage) -> bool:
    """Tell whether the file is there with another content, which hard links share."""
    return one.what == CHANGED
