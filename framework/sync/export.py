"""What one attempt has brought into Port so far: page in, entities stored, a tally a kind."""

import logging
import threading

from msgspec import Struct

from framework.errors import MappingError, PortUnavailableError, SourceError
from framework.journal import Claim, Journal
from framework.mapping.mapping import Mapping, Resource, literal_blueprints
from framework.mapping.pool import Mappers
from framework.masking import Hide, visible
from framework.port import entities
from framework.port.calls import DEFAULT, ONE_TRY, Patience
from framework.port.client import Client
from framework.port.entities import EntityError
from framework.port.entity import Entity
from framework.protocol.messages import KindDone, Page
from framework.sync.tally import KindTally
from framework.texts import cut

MOST_KEPT = 10_000  # entities kept in memory until those that they relate to are stored
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
    hide: Hide = visible


class KeptEntity(Struct, frozen=True):
    """An entity that relates to one that Port does not have yet, and Port's words about that."""

    tally: KindTally
    entity: Entity
    reason: str


class Export:
    """The state of one attempt, named `<delivery id>#<attempt>`; used by its lane alone."""

    def __init__(self, exporter: Exporter, mapping: Mapping, attempt: str):
        self._exporter = exporter
        self._options = mapping.options
        self._attempt = attempt
        self._resources = {(one.kind, one.index): one for one in mapping.resources}
        self._patience: Patience = DEFAULT
        self._claimed: set[Claim] = set()
        self._kept: list[KeptEntity] = []
        self._warned: set[tuple[int, str]] = set()  # index and field
        self.tallies = {key: KindTally(*key) for key in self._resources}
        self.produced: set[tuple[str, str]] = set()  # blueprint, identifier
        self.unavailable: PortUnavailableError | None = None

    def page(self, page: Page) -> None:
        """Translate a page and store its entities; what goes wrong is in the kind's tally."""
        key = self._requested(page.kind, page.index)
        tally, resource = self.tallies[key], self._resources[key]
        tally.items += len(page.items)
        try:
            translated = self._exporter.mappers.translate(
                resource.program, page.items, self._exporter.stop
            )
        except MappingError as error:
            tally.spoil(str(error))
            return
        tally.add(translated)
        for field, reason in translated.misconfigured.items():
            if (resource.index, field) not in self._warned:
                self._warned.add((resource.index, field))
                self._exporter.log.warning("%s: %s is null: %s", resource.name, field, reason)
        self._claim(resource, {entity.blueprint for entity in translated.entities})
        self.produced.update((one.blueprint, one.identifier) for one in translated.entities)
        self._store(tally, translated.entities)

    def kind_done(self, message: KindDone) -> None:
        """Record that a kind was read to its end, or why not."""
        self.tallies[self._requested(message.kind, message.index)].end(message.error)

    def store_kept(self) -> None:
        """Store the entities that waited for others, for as long as some succeed."""
        while self._kept:
            waiting, self._kept = self._kept, []
            for kept in waiting:
                self._store(kept.tally, [kept.entity])
            if len(self._kept) == len(waiting):
                break
        for kept in self._kept:
            kept.tally.fail(1, kept.reason)
        self._kept = []

    @property
    def complete(self) -> frozenset[tuple[str, int]]:
        """The kinds that were read, translated and stored without anything missing."""
        return frozenset(key for key, tally in self.tallies.items() if tally.complete)

    def count_deleted(self, deleted: dict[str, int]) -> None:
        """Add deletions to the first kind that makes entities of that blueprint."""
        for blueprint, count in deleted.items():
            for key, resource in self._resources.items():
                claimed = {one.blueprint for one in self._claimed if one.index == resource.index}
                if blueprint in literal_blueprints(resource) | claimed:
                    self.tallies[key].deleted += count
                    break

    def _requested(self, kind: str, index: int | None) -> tuple[str, int]:
        key = (kind, -1 if index is None else index)
        if key not in self._resources:
            raise SourceError(
                f"it sent kind {cut(kind)!r} (index {index}), which was not asked for"
            )
        return key

    def _claim(self, resource: Resource, blueprints: set[str]) -> None:
        """Keep in the journal which blueprints a resource fills, before Port has the entities."""
        fresh = {
            Claim(
                identifier=self._exporter.identifier,
                blueprint=blueprint,
                kind=resource.kind,
                index=resource.index,
                mapping=resource.hash,
                attempt=self._attempt,
            )
            for blueprint in blueprints
        } - self._claimed
        if fresh:
            self._exporter.journal.claim(fresh)
            self._claimed |= fresh

    def _store(self, tally: KindTally, found: list[Entity]) -> None:
        for batch in entities.batches(found):
            try:
                errors = entities.upsert(
                    self._exporter.client, batch, self._options, self._patience
                )
            except PortUnavailableError as error:
                self._patience = ONE_TRY  # Port is down: do not retry every batch
                self.unavailable = error
                tally.fail(len(batch), str(error))
                continue
            self._refused(tally, batch, errors)

    def _refused(self, tally: KindTally, batch: list[Entity], errors: list[EntityError]) -> None:
        """Count the entities that Port refused, except those that may succeed later."""
        by_identifier = {entity.identifier: entity for entity in batch}
        missing_is_temporary = not self._options.create_missing_related_entities
        for error in errors:
            entity = by_identifier.get(error.identifier)
            reason = (
                f"entity {error.identifier!r} of blueprint {error.blueprint!r}: {error.message}"
            )
            may_keep = missing_is_temporary and len(self._kept) < MOST_KEPT
            if entity and error.status == NOT_FOUND and may_keep:
                self._kept.append(KeptEntity(tally, entity, reason))
                continue
            tally.fail(1, reason)
            if error.status == TOO_MANY_REQUESTS or error.status >= SERVER_ERROR:
                self.unavailable = PortUnavailableError(reason)
