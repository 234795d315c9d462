"""The stale rule: which of an integration's entities may go after a full resync.

An incremental resync has no verdict: what it did not see may well be there. The rule is made so
that nothing is ever concluded from half a picture.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from msgspec import Struct

from framework.journal import Claim
from framework.mapping.mapping import Mapping, Resource, literal_blueprints
from framework.port.owned import Owned

FEWEST = 10  # entities of a blueprint from which on the threshold is judged

Key: TypeAlias = tuple[str, int]  # kind and index


class Verdict(Struct, frozen=True):
    """What goes, by blueprint; why others stay, by blueprint; what stays as a failure."""

    stale: dict[str, list[str]]
    held_back: dict[str, str]
    failures: list[str]


def judge(
    listing: Collection[Owned],
    produced: AbstractSet[tuple[str, str]],
    claims: Iterable[Claim],
    mapping: Mapping,
    whole: AbstractSet[Key],
) -> Verdict:
    """Judge the entities that were owned before the first page was asked for.

    `produced` holds the (blueprint, identifier) of all that this attempt translated; `claims` are
    the journal's, those of this attempt included; `whole` are the kinds that were read to their
    end, translated whole and stored whole.
    """
    verdict = Verdict({}, {}, [])
    witnesses = Witnesses(mapping.resources, claims, whole)
    owned = Counter(entity.blueprint for entity in frozenset(listing))
    for blueprint, identifiers in _stale(listing, produced).items():
        if (reason := witnesses.objection(blueprint)) is not None:
            verdict.held_back[blueprint] = reason
        elif _too_many(len(identifiers), owned[blueprint], mapping.threshold):
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


def _too_many(stale: int, owned: int, threshold: float) -> bool:
    return owned >= FEWEST and stale > threshold * owned


class Witnesses:
    """Who could have produced an entity, and whether all of them were heard to the end."""

    def __init__(self, resources: list[Resource], claims: Iterable[Claim], whole: AbstractSet[Key]):
        self._resources = {(one.kind, one.index): one for one in resources}
        self._claims = list(claims)
        self._whole = whole
        self._unheard = [one.name for key, one in self._resources.items() if key not in whole]

    def objection(self, blueprint: str) -> str | None:
        """Return why nothing of a blueprint may go, or None."""
        claims = [claim for claim in self._claims if claim.blueprint == blueprint]
        makers = [self._maker(claim) for claim in claims]
        namers = [one for one in self._resources.values() if blueprint in literal_blueprints(one)]
        for one in filter(None, (*namers, *makers)):
            if (one.kind, one.index) not in self._whole:
                return f"{one.name} is not whole, and makes entities of it"
        return self._missing(claims, makers, namers)

    def _missing(
        self, claims: list[Claim], makers: list[Resource | None], namers: list[Resource]
    ) -> str | None:
        """Object for those who cannot be asked any more, unless everybody else was heard."""
        if self._resources and not self._unheard:
            return None
        others = f"not all kinds are whole: {', '.join(self._unheard) or 'there are none'}"
        for claim, maker in zip(claims, makers, strict=True):
            if maker is None:
                return f"kind {claim.kind!r} made entities of it with another mapping, and {others}"
        if not (makers or namers):
            return f"nobody is known to make entities of it, and {others}"
        return None

    def _maker(self, claim: Claim) -> Resource | None:
        """Return the resource that made a claim, if it is still mapped the same way."""
        one = self._resources.get((claim.kind, claim.index))
        return one if one is not None and one.hash == claim.mapping else None
