"""What operators do with environments, and what they get to see of it."""

import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event

from msgspec import Struct

from framework.environments import layout
from framework.environments.environment import Environment, Wanted
from framework.environments.environments import Environments
from framework.environments.installed import built, current
from framework.environments.installed.built import Built
from framework.environments.installed.current import Current
from framework.environments.upkeep import collect, inventory, uses
from framework.environments.upkeep import repair as doctor
from framework.environments.upkeep.damage import Damage, Sound
from framework.environments.upkeep.inventory import Row
from framework.environments.upkeep.repair import Patient, Repair
from framework.environments.upkeep.uses import UNUSED, Uses
from framework.environments.uv.installer import Uv
from framework.environments.uv.steps import Say
from framework.errors import BuildError, BuildUnavailableError, RequirementsError

DAY = 86400.0  # seconds


class Collection(Struct, frozen=True, rename="camel"):
    """What was removed, or would be; `freed` and `freed_in_cache` are bytes.

    `trouble` is why the cache could not be tidied up.
    """

    environments: list[Row]
    locks: list[str]
    freed: int
    freed_in_cache: int = 0
    trouble: str | None = None
    dry_run: bool = False


class Case(Struct, frozen=True, rename="camel"):
    """A damaged environment; `outcome` is damaged, repaired, removed, in use or failed."""

    key: str
    path: str
    used_by: tuple[str, ...]
    damages: list[Damage]
    outcome: str
    reason: str | None


class Examination(Struct, frozen=True, rename="camel"):
    """How many environments were looked at, and those that were found damaged."""

    examined: int
    damaged: list[Case]
    healthy: bool


class Upkeep:
    """Works on the environments below one root, maybe beside a running supervisor.

    `environments` and `uv` are those of the root, `wanted` is what one configuration names, `stop`
    ends what is started. `uses` says who needed what at the beginning: an environment that is
    taken away would seem to be used by nobody.
    """

    def __init__(
        self, root: Path, environments: Environments, uv: Uv, wanted: list[Wanted], stop: Event
    ):
        self._root = root
        self._environments = environments
        self._uv = uv
        self._wanted = wanted
        self._stop = stop
        self.uses = self._uses()

    def rows(self) -> list[Row]:
        """Return a row for each environment, the latest used first."""
        return [inventory.row(environment, self.uses) for environment in built.read_all(self._root)]

    def collectable(self, days: float) -> Collection:
        """Return what `collect` would remove."""
        before = time.time() - days * DAY
        found = built.read_all(self._root)
        due = list(collect.due(found, self.uses, before))
        left = [environment for environment in found if environment not in due]
        rows = [inventory.row(environment, self.uses) for environment in due]
        return Collection(
            environments=rows,
            locks=[str(path) for path in collect.old_locks(self._root, left, before)],
            freed=sum(row.own_size for row in rows),
            dry_run=True,
        )

    def collect(self, days: float, say: Say) -> Collection:
        """Remove what no integration needs and none was started in for so many days."""
        before = time.time() - days * DAY
        due = list(collect.due(built.read_all(self._root), self.uses, before))
        rows = {environment.key: inventory.row(environment, self.uses) for environment in due}
        gone = []
        for environment in collect.collect(self._root, due):
            say(f"{environment.name}: removing it")
            gone.append(environment)
        left = built.read_all(self._root)
        locks = list(collect.old_locks(self._root, left, before))
        for path in locks:
            path.unlink(missing_ok=True)
        say("tidying uv's cache up")
        freed_in_cache, trouble = 0, None
        try:
            freed_in_cache = collect.tidy(self._uv, gone, left, self._stop)
        except BuildUnavailableError as error:
            trouble = str(error)
        removed = [rows[environment.key] for environment in gone]
        return Collection(
            environments=removed,
            locks=[str(path) for path in locks],
            freed=sum(row.own_size for row in removed),
            freed_in_cache=freed_in_cache,
            trouble=trouble,
        )

    def examine(self, sound: Sound, say: Say) -> Examination:
        """Look at every environment."""
        found = built.read_all(self._root)
        return self._examination(found, _patients(found, sound, say))

    def repair(self, sound: Sound, say: Say) -> Examination:
        """Look at every environment; build again what is damaged and not in use."""
        found = built.read_all(self._root)
        patients = _patients(found, sound, say)
        if patients:
            build = partial(self.build, say=say)
            repair = Repair(self._root, self._uv, build, sound, self._stop)
            patients = list(repair.all(patients, say))
        return self._examination(found, patients)

    def build(self, key: str, say: Say) -> None:
        """Build for those who used an environment that was taken away, or who have none now.

        Raises the first error if it is not there then.
        """
        users = self.uses.get(key, UNUSED).current
        failures = []
        for one in self._wanted:
            if one.label in users or (not users and not self._ready(one)):
                try:
                    self._environments.ensure(one, self._stop, _named(one.label, say))
                except BuildError as error:
                    failures.append(error)
        if failures and not (self._root / layout.ENVIRONMENTS / key).exists():
            raise failures[0]

    def _uses(self) -> Uses:
        noted = current.read_all(self._root)
        now, before = [], []
        for one in self._wanted:
            state = noted.get(one.label, Current())
            now += [(one.label, state.environment), (one.label, self._ready(one))]
            before += [(one.label, state.previous)]
        gathered = uses.gather(_keys(now), _keys(before))
        sdk = f"msgspec=={version('msgspec')}"
        return uses.with_sdk(gathered, built.read_all(self._root), sdk)

    def _ready(self, wanted: Wanted) -> Environment | None:
        try:
            return self._environments.ready(wanted)
        except RequirementsError:
            return None  # the supervisor, or `build`, says what is wrong

    def _examination(self, found: list[Built], patients: list[Patient]) -> Examination:
        cases = [
            Case(
                key=patient.environment.key,
                path=str(patient.environment.path),
                used_by=self.uses.get(patient.environment.key, UNUSED).current,
                damages=patient.damages,
                outcome=patient.outcome,
                reason=patient.reason,
            )
            for patient in patients
        ]
        return Examination(len(found), cases, all(patient.cured for patient in patients))


def _patients(found: list[Built], sound: Sound, say: Say) -> list[Patient]:
    patients = []
    for number, environment in enumerate(found, 1):
        say(f"{environment.name}: examining it, {number} of {len(found)}")
        if damages := doctor.examine(environment, sound):
            patients.append(Patient(environment, damages))
    return patients


def _keys(pairs: list[tuple[str, Environment | None]]) -> list[tuple[str, str]]:
    return [(label, environment.key) for label, environment in pairs if environment]


def _named(label: str, say: Say) -> Say:
    return lambda line: say(f"{label}: {line}")
