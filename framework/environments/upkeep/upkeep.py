"""What operators see and do about environments: list, collect, examine, repair."""

import time
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from framework.environments.installed.shelf import Built
from framework.environments.upkeep import collect, inventory
from framework.environments.upkeep import repair as doctor
from framework.environments.upkeep.damage import Damage, Sound
from framework.environments.upkeep.inventory import Row
from framework.environments.upkeep.repair import Patient, Repair
from framework.environments.upkeep.store import Store
from framework.environments.upkeep.uses import UNUSED
from framework.errors import BuildUnavailableError

DAY = 86400.0  # seconds

Say = Callable[[str], None]


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


def listed(store: Store) -> list[Row]:
    """Return a row for each environment, the latest used first."""
    return [inventory.row(built, store.uses) for built in store.shelf()]


def collectable(store: Store, days: float) -> Collection:
    """Return what `collected` would remove."""
    found, before = store.shelf(), time.time() - days * DAY
    due = list(collect.due(found, store.uses, before))
    rows = [inventory.row(built, store.uses) for built in due]
    left = [built for built in found if built not in due]
    return Collection(
        environments=rows,
        locks=[str(path) for path in collect.old_locks(store.root, left, before)],
        freed=sum(row.own_size for row in rows),
        dry_run=True,
    )


def collected(store: Store, days: float, say: Say) -> Collection:
    """Remove what no integration needs and none was started in for so many days."""
    before = time.time() - days * DAY
    due = list(collect.due(store.shelf(), store.uses, before))
    rows = {built.key: inventory.row(built, store.uses) for built in due}
    gone = []
    for built in collect.collect(store.root, due):
        say(f"{built.name}: removing it")
        gone.append(built)
    left = store.shelf()
    locks = list(collect.old_locks(store.root, left, before))
    for path in locks:
        path.unlink(missing_ok=True)
    say("tidying uv's cache up")
    in_cache, trouble = _tidy(store, gone, left)
    removed = [rows[built.key] for built in gone]
    freed = sum(row.own_size for row in removed)
    return Collection(removed, list(map(str, locks)), freed, in_cache, trouble)


def _tidy(store: Store, gone: list[Built], left: list[Built]) -> tuple[int, str | None]:
    try:
        return collect.tidy(store.uv, gone, left, store.stop), None
    except BuildUnavailableError as error:
        return 0, str(error)


def examined(store: Store, sound: Sound, say: Say) -> Examination:
    """Look at every environment."""
    found = store.shelf()
    return _examination(store, found, _patients(found, sound, say))


def repaired(store: Store, sound: Sound, say: Say) -> Examination:
    """Look at every environment; build again what is damaged and not in use."""
    found = store.shelf()
    patients = _patients(found, sound, say)
    if patients:
        build = partial(store.build, say=say)
        repair = Repair(store.root, store.uv, build, sound, store.stop)
        patients = list(repair.all(patients, say))
    return _examination(store, found, patients)


def _patients(found: list[Built], sound: Sound, say: Say) -> list[Patient]:
    patients = []
    for number, built in enumerate(found, 1):
        say(f"{built.name}: examining it, {number} of {len(found)}")
        if damages := doctor.examine(built, sound):
            patients.append(Patient(built, damages))
    return patients


def _case(store: Store, patient: Patient) -> Case:
    built = patient.built
    users = store.uses.get(built.key, UNUSED).current
    return Case(
        key=built.key,
        path=str(built.path),
        used_by=users,
        damages=patient.damages,
        outcome=patient.outcome,
        reason=patient.reason,
    )


def _examination(store: Store, found: list[Built], patients: list[Patient]) -> Examination:
    cases = [_case(store, patient) for patient in patients]
    return Examination(len(found), cases, all(patient.cured for patient in patients))
