"""The stale rule: which of an integration's entities may be deleted after a full resync.

An incremental resync has no verdict, since what it did not see may still exist. For the same reason
an incomplete kind licenses no deletion of an entity that it could have made.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from msgspec import Struct

from framework.journal import Claim
from framework.mapping.mapping import Mapping, Resource, literal_blueprints
from framework.port.owned import Owned

FEWEST = 10  # the threshold is not judged for blueprints with fewer entities

Key: TypeAlias = tuple[str, int]  # kind and index


class Verdict(Struct, frozen=True):
    """By blueprint: what to delete, and why other entities stay; `failures` fail the resync."""

    stale: dict[str, list[str]]
    held_back: dict[str, str]
    failures: list[str]


def judge(
    listing: Collection[Owned],
    produced: AbstractSet[tuple[str, str]],
    claims: Iterable[Claim],
    mapping: Mapping,
    complete: AbstractSet[Key],
) -> Verdict:
    """Judge the entities that were owned before the first page was asked for.

    `produced` holds the (blueprint, identifier) of all that this attempt translated; `claims` are
    the journal's, those of this attempt included; `complete` are the kinds that were read to their
    end, translated and stored without anything missing.
    """
    verdict = Verdict({}, {}, [])
    makers = Makers(mapping.resources, claims, complete)
    owned = Counter(entity.blueprint for entity in frozenset(listing))
    for blueprint, identifiers in _stale(listing, produced).items():
        too_many = len(identifiers) > mapping.threshold * owned[blueprint]
        if (reason := makers.objection(blueprint)) is not None:
            verdict.held_back[blueprint] = reason
        elif too_many and owned[blueprint] >= FEWEST:
            verdict.failures.append(
                f"{len(identifiers)} of {owned[blueprint]} entities of blueprint {blueprint!r} are "
                f"stale, more than entityDeletionThreshold {mapping.threshold:g} allows, so they "
                "stay; if they are really gone from the source, raise it for one resync"
            )
        else:
            verdict.stale[blueprint] = identifiers
    return verdict


def _stale(
    listing: Iterable[Owned], produced: AbstractSet[tuple[str, str]]
) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for entity in dict.fromkeys(listing):
        if (entity.blueprint, entity.identifier) not in produced:
            groups.setdefault(entity.blueprint, []).append(entity.identifier)
    return groups


class Makers:
    """The resources that could have made an entity, and whether all of them are complete."""

    def __init__(
        self, resources: list[Resource], claims: Iterable[Claim], complete: AbstractSet[Key]
    ):
        self._resources = {(one.kind, one.index): one for one in resources}
        self._claims = list(claims)
        self._incomplete = {
            key: one.name for key, one in self._resources.items() if key not in complete
        }

    def objection(self, blueprint: str) -> str | None:
        """Return why nothing of a blueprint may be deleted, or None."""
        claims = [claim for claim in self._claims if claim.blueprint == blueprint]
        keys = [
            key
            for key, one in self._resources.items()
            if blueprint in literal_blueprints(one) or any(_made(one, claim) for claim in claims)
        ]
        for key in keys:
            if key in self._incomplete:
                return f"{self._incomplete[key]} is incomplete, and makes entities of it"
        if self._resources and not self._incomplete:
            return None
        # Who made these entities may not be mapped any more: then every kind must be complete.
        names = ", ".join(self._incomplete.values()) or "there are none"
        others = f"not all kinds are complete: {names}"
        for claim in claims:
            one = self._resources.get((claim.kind, claim.index))
            if one is None or not _made(one, claim):
                return f"kind {claim.kind!r} made entities of it with another mapping, and {others}"
        if not keys:
            return f"no kind is known to make entities of it, and {others}"
        return None


def _made(resource: Resource, claim: Claim) -> bool:
    """Return whether a claim is this resource's, with the mapping that it has today."""
    made_by = (claim.kind, claim.index, claim.mapping)
    return made_by == (resource.kind, resource.index, resource.hash)
