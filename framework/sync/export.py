"""What one attempt has brought into Port so far: page in, entities stored, a tally a kind."""

import logging
import threading

from msgspec import Struct

from framework.errors import MappingError, PortUnavailableError, SourceError
from framework.journal import Claim, Journal
from framework.mapping.mapping import Mapping, Resource, literal_blueprints
from framework.mapping.pool import Mappers
from framework.port import entities
from framework.port.calls import DEFAULT, ONE_TRY, Patience
from framework.port.client import Client
from framework.port.entities import EntityError
from framework.port.entity import Entity
from framework.protocol.messages import KindDone, Page
from framework.sync.tally import Tally

MOST_KEPT = 10_000  # entities kept in memory until what they relate to is there
NOT_FOUND = 404
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500


class Exporter(Struct, frozen=True):
    """What every attempt of one integration works with."""

    identifier: str
    type: str
    client: Client
    mappers: Mappers
    journal: Journal
    stop: threading.Event
    log: logging.Logger


class Export:
    """The state of one attempt, named `<delivery id>#<attempt>`; used by its lane alone."""

    def __init__(self, with_: Exporter, mapping: Mapping, attempt: str):
        self._with = with_
        self._options = mapping.options
        self._attempt = attempt
        self._resources = {(one.kind, one.index): one for one in mapping.resources}
        self._patience: Patience = DEFAULT
        self._claimed: set[Claim] = set()
        self._kept: list[tuple[Tally, Entity, str]] = []  # and why Port refused it
        self._warned: set[tuple[int, str]] = set()
        self.tallies = {key: Tally(*key) for key in self._resources}
        self.produced: set[tuple[str, str]] = set()  # blueprint, identifier
        self.unavailable: PortUnavailableError | None = None

    def page(self, page: Page) -> None:
        """Translate a page and store its entities; what goes wrong is in the kind's tally."""
        tally, resource = self._asked_for(page.kind, page.index)
        tally.items += len(page.items)
        try:
            translated = self._with.mappers.translate(resource.program, page.items, self._with.stop)
        except MappingError as error:
            tally.spoil(str(error))
            return
        tally.add(translated)
        self._warn(resource, translated.misconfigured)
        self._claim(resource, {entity.blueprint for entity in translated.entities})
        self.produced.update((one.blueprint, one.identifier) for one in translated.entities)
        self._store(tally, translated.entities)

    def kind_done(self, message: KindDone) -> None:
        """Note that a kind was read to its end, or why not."""
        tally, _ = self._asked_for(message.kind, message.index)
        tally.end(message.error)

    def store_kept(self) -> None:
        """Store what waited for the entities that it relates to, for as long as some succeed."""
        while self._kept:
            waiting, self._kept = self._kept, []
            for tally, entity, _ in waiting:
                self._store(tally, [entity])
            if len(self._kept) == len(waiting):
                break
        for tally, _, reason in self._kept:
            tally.unstored(1, reason)
        self._kept = []

    @property
    def whole(self) -> frozenset[tuple[str, int]]:
        """The kinds that were read, translated and stored without anything missing."""
        return frozenset(key for key, tally in self.tallies.items() if tally.whole)

    def count_deleted(self, deleted: dict[str, int]) -> None:
        """Add deletions to the first kind that makes entities of that blueprint."""
        for blueprint, count in deleted.items():
            for tally, resource in zip(
                self.tallies.values(), self._resources.values(), strict=True
            ):
                if blueprint in self._blueprints(resource):
                    tally.deleted += count
                    break

    def _blueprints(self, resource: Resource) -> frozenset[str]:
        claimed = {one.blueprint for one in self._claimed if one.index == resource.index}
        return literal_blueprints(resource) | claimed

    def _asked_for(self, kind: str, index: int | None) -> tuple[Tally, Resource]:
        key = (kind, -1 if index is None else index)
        if key not in self._resources:
            raise SourceError(f"it sent kind {kind!r} (index {index}), which was not asked for")
        return self.tallies[key], self._resources[key]

    def _warn(self, resource: Resource, misconfigured: dict[str, str]) -> None:
        for field, reason in misconfigured.items():
            if (resource.index, field) not in self._warned:
                self._warned.add((resource.index, field))
                self._with.log.warning("%s: %s is null: %s", resource.name, field, reason)

    def _claim(self, resource: Resource, blueprints: set[str]) -> None:
        fresh = {
            Claim(
                identifier=self._with.identifier,
                blueprint=blueprint,
                kind=resource.kind,
                index=resource.index,
                mapping=resource.hash,
                attempt=self._attempt,
            )
            for blueprint in blueprints
        } - self._claimed
        if fresh:
            self._with.journal.claim(fresh)
            self._claimed |= fresh

    def _store(self, tally: Tally, found: list[Entity]) -> None:
        for batch in entities.batches(found):
            try:
                errors = entities.upsert_batch(
                    self._with.client, batch, self._options, self._patience
                )
            except PortUnavailableError as error:
                self._patience = ONE_TRY  # Port is down: do not ask at length for every batch
                self.unavailable = error
                tally.unstored(len(batch), str(error))
                continue
            self._refused(tally, batch, errors)

    def _refused(self, tally: Tally, batch: list[Entity], errors: list[EntityError]) -> None:
        by_identifier = {entity.identifier: entity for entity in batch}
        for error in errors:
            entity = by_identifier.get(error.identifier)
            reason = (
                f"entity {error.identifier!r} of blueprint {error.blueprint!r}: {error.message}"
            )
            if entity and error.status == NOT_FOUND and self._may_keep():
                self._kept.append((tally, entity, reason))
                continue
            tally.unstored(1, reason)
            if error.status == TOO_MANY_REQUESTS or error.status >= SERVER_ERROR:
                self.unavailable = PortUnavailableError(reason)

    def _may_keep(self) -> bool:
        missing_is_temporary = not self._options.create_missing_related_entities
        return missing_is_temporary and len(self._kept) < MOST_KEPT
