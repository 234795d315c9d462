"""A resync as its lane does it: mapping, listing, pages, stale entities, a true status."""

import contextlib
from typing import Literal, Protocol

from msgspec import Struct, structs

from framework import moments
from framework.errors import (
    FrameworkError,
    MappingError,
    PortRefusedError,
    PortUnavailableError,
    ProcessGoneError,
    SourceError,
    StoppedError,
)
from framework.events import Delivery
from framework.journal import KindReport, ResyncReport
from framework.mapping import mapping as mappings
from framework.mapping.mapping import Mapping
from framework.port import integrations, owned
from framework.port.calls import DEFAULT, LAST_WORD, ONE_TRY, Patience
from framework.port.integrations import ResyncState
from framework.port.owned import Owned
from framework.protocol.messages import Done, KindDone, KindRequest, Message, Page, Resync
from framework.sync import stale
from framework.sync.cleaning import Cleaning
from framework.sync.export import Export, Exporter
from framework.sync.registration import Registration

NOT_FOUND = 404
SHOWN_ERRORS = 5  # reasons in a report's `error`; the kinds carry their own


class Attempt(Protocol):
    """One try of a delivery in one process, as the worker's lane hands it over."""

    delivery: Delivery

    def ask(self, message: Message) -> None:
        """Have the process work on the delivery."""
        ...

    def receive(self) -> Page | KindDone | Done:
        """Raise SourceError, ProcessGoneError or StoppedError when nothing more will come."""
        ...

    def ack(self, page: Page) -> None:
        """Open the window for the next page."""
        ...


class Outcome(Struct, frozen=True):
    """How an attempt ended: without `reasons` it is complete.

    `unavailable` is set where Port is the reason: the delivery must be repeated.
    """

    reasons: list[str] = []
    kinds: list[KindReport] = []
    unavailable: PortUnavailableError | None = None


class Resyncs:
    """What the `resync` lane of one integration does with each attempt."""

    def __init__(self, exporter: Exporter, registration: Registration):
        self._exporter = exporter
        self._registration = registration

    def __call__(self, attempt: Attempt) -> str | None:
        """Make the catalog match the source and report truthfully how that went.

        Returns once the delivery is done. It is also done if the resync failed because of the
        source, the mapping or refused entities; then the reason is returned. Raises
        ProcessGoneError, StoppedError and errors of Port or the journal: then the delivery must be
        repeated.
        """
        report = ResyncReport(self._exporter.identifier, "running", moments.now())
        self._exporter.journal.record_resync(report)
        try:
            self._registration.ensure()
            outcome = self._run(attempt, report.started_at)
            status: Literal["failed", "completed"] = "failed" if outcome.reasons else "completed"
            patience = ONE_TRY if outcome.unavailable else DEFAULT
            self._tell_port(ResyncState.ended(status, moments.now()), patience)
            self._record(report, status, outcome)
        except ProcessGoneError:
            raise  # Port still says `running`, which is true: it will be repeated
        except StoppedError as error:
            self._record(report, "aborted", Outcome([f"{error}; it will be repeated"]))
            with contextlib.suppress(FrameworkError):  # one try: a stop does not wait for Port
                self._tell_port(ResyncState.ended("aborted", moments.now()), LAST_WORD)
            raise
        except FrameworkError as error:
            if isinstance(error, PortRefusedError) and error.status == NOT_FOUND:
                self._registration.forget()
            self._record(report, "failed", Outcome([str(error)]))
            raise
        if outcome.unavailable:
            raise outcome.unavailable
        return f"the last resync failed: {_shown(outcome)}" if outcome.reasons else None

    def _run(self, attempt: Attempt, started_at: str) -> Outcome:
        known = integrations.get(self._exporter.client, self._exporter.identifier)
        try:
            mapping = mappings.parse(known.config)
        except MappingError as error:
            return Outcome([str(error)])
        self._tell_port(ResyncState.running(started_at))
        listing = owned.listing(
            self._exporter.client, self._exporter.type, self._exporter.identifier
        )
        name = f"{attempt.delivery.id}#{attempt.delivery.attempt}"
        export = Export(self._exporter, mapping, name)
        reasons = _export(attempt, mapping, export)
        export.store_kept()
        reasons += self._clean(export, mapping, listing)
        reasons += [
            f"{kind.kind}: {kind.error}"
            for kind in export.tallies.values()
            if kind.error is not None and not any(kind.error in reason for reason in reasons)
        ]
        if not reasons:
            self._exporter.journal.forget_claims(self._exporter.identifier, before=name)
        kinds = [kind.report() for kind in export.tallies.values()]
        return Outcome(reasons, kinds, export.unavailable)

    def _clean(self, export: Export, mapping: Mapping, listing: list[Owned]) -> list[str]:
        """Delete stale entities; return why some are still there."""
        claims = self._exporter.journal.claims(self._exporter.identifier)
        verdict = stale.judge(listing, export.produced, claims, mapping, export.complete)
        for blueprint, reason in verdict.held_back.items():
            self._exporter.log.warning("stale entities of %s stay: %s", blueprint, reason)
        cleaning = Cleaning(self._exporter.client, mapping.options)
        reasons = [*verdict.failures, *cleaning.delete(verdict.stale)]
        export.count_deleted(cleaning.deleted)
        return reasons

    def _tell_port(self, state: ResyncState, patience: Patience = DEFAULT) -> None:
        integrations.set_resync_state(
            self._exporter.client, self._exporter.identifier, state, patience
        )

    def _record(
        self,
        report: ResyncReport,
        status: Literal["completed", "failed", "aborted"],
        outcome: Outcome,
    ) -> None:
        hide = self._exporter.hide
        error = hide(_shown(outcome)) or None
        kinds = [
            structs.replace(kind, error=hide(kind.error)) if kind.error else kind
            for kind in outcome.kinds
        ]
        self._exporter.journal.record_resync(
            structs.replace(report, status=status, ended_at=moments.now(), error=error, kinds=kinds)
        )
        self._exporter.log.info("resync %s%s", status, f": {error}" if error else "")


def _export(attempt: Attempt, mapping: Mapping, export: Export) -> list[str]:
    """Export all that the process reads from the source; return why that is incomplete."""
    kinds = [KindRequest(one.kind, one.index, one.selector) for one in mapping.resources]
    attempt.ask(Resync(attempt.delivery.id, attempt.delivery.attempt, kinds))
    try:
        while True:
            match attempt.receive():
                case Page() as page:
                    export.page(page)
                    attempt.ack(page)
                case KindDone() as kind_done:
                    export.kind_done(kind_done)
                case Done() as done:
                    break
    except SourceError as error:
        return [str(error)]
    if done.outcome != "ok":
        return [done.error.message if done.error else f"the integration says {done.outcome!r}"]
    unread = [one.kind for one in export.tallies.values() if not one.read and not one.error]
    return [f"the integration did not say that it read {kind!r} to its end" for kind in unread]


def _shown(outcome: Outcome) -> str:
    return "; ".join(outcome.reasons[:SHOWN_ERRORS])
