"""A resync from its first step to its true status: with a real Port, journal and registration."""

import json
import logging
import threading
from contextlib import closing
from types import SimpleNamespace

import pytest

from framework.errors import (
    PortRefusedError,
    PortUnavailableError,
    ProcessGoneError,
    SourceError,
    StoppedError,
    TransientError,
)
from framework.journal import Journal
from framework.masking import Masks
from framework.port.client import Client, user_agent
from framework.port.resources import Resources
from framework.port.settings import Port
from framework.port.token import Tokens
from framework.protocol.messages import Done, Failure
from framework.slots import Slots
from framework.sync.export import Exporter
from framework.sync.registration import Registration
from framework.sync.resync import Resyncs
from tests.conftest import Port as PortClient
from tests.fakes.proxy import Proxy
from tests.fakes.syncing import DONE, ME, Inline, ScriptedAttempt, config, local_port, page, read

KINDS = ("issue", "user")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A real Port behind a proxy that can refuse."""
    with local_port(tmp_path_factory.mktemp("port")) as (url, local):
        proxy = Proxy(url)
        yield SimpleNamespace(url=url, local=local, proxy=proxy)
        proxy.down()


@pytest.fixture
def port(served):
    """An empty Port."""
    with served.local.database as connection:
        for name in ("integrations", "blueprints", "entities", "relations"):
            connection.execute(f"DELETE FROM {name}")
    served.proxy.refuse = lambda _method, _path: None
    return PortClient({"url": served.url, "clientId": "me", "clientSecret": "secret"})


@pytest.fixture
def journal(tmp_path):
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        journal.open()
        yield journal


class Stop(threading.Event):
    """A stop flag whose waits take no time: Port's retries come at once."""

    def wait(self, timeout=None):
        return self.is_set()


@pytest.fixture
def stop():
    return Stop()


@pytest.fixture
def mappers():
    return Inline()


@pytest.fixture
def resyncs(served, port, journal, stop, mappers):
    """Make the work of the lane; the arguments are those of the default mapping."""
    slots = Slots(1)
    settings = Port(client_id="me", client_secret="secret", base_url=served.proxy.url)
    client = Client(settings, Tokens(settings, Masks()), stop, user_agent("type", "1", ME))

    def make(*kinds, blueprint=None, **options):
        names = {blueprint} if blueprint else {*kinds}
        blueprints = [
            {"identifier": name, "title": name, "schema": {"properties": {}}} for name in names
        ]
        mapping = json.loads(bytes(config(*kinds, blueprint=blueprint, **options)))
        resources = Resources("type", "1", ME, blueprints, mapping)
        log = logging.getLogger(f"integration.{ME}")
        exporter = Exporter(ME, "type", client, mappers, journal, stop, log)
        return Resyncs(exporter, Registration(client, lambda: resources, journal, slots, stop))

    return make


def last(journal):
    return journal.last_resyncs()[ME]


def complete(work, *identifiers, number=1):
    """Run an attempt that reads these issues and is through."""
    attempt = ScriptedAttempt(page(*identifiers), read(), DONE, number=number)
    work(attempt)
    return attempt


def test_an_attempt_asks_for_each_kind_and_acks_each_page_and_is_complete(resyncs, port, journal):
    attempt = ScriptedAttempt(
        page("a"), read(), page("u", kind="user", index=1), read("user", 1), DONE
    )
    resyncs(*KINDS)(attempt)

    [asked] = attempt.asked
    assert [(one.kind, one.index) for one in asked.kinds] == [("issue", 0), ("user", 1)]
    assert len(attempt.acked) == 2
    assert port.entities("issue").keys() == {"a"}
    assert port.resync_state(ME) == "completed"
    report = last(journal)
    assert (report.status, report.error) == ("completed", None)
    assert [(one.kind, one.entities) for one in report.kinds] == [("issue", 1), ("user", 1)]
    assert report.started_at <= report.ended_at


def test_while_it_reads_port_and_the_status_say_that_it_runs(resyncs, port, journal):
    seen = []

    def look():
        seen.append((port.resync_state(ME), last(journal).status))

    resyncs("issue")(ScriptedAttempt(look, read(), DONE))

    assert seen == [("running", "running")]


def test_what_is_gone_from_the_source_goes_from_port(resyncs, port, journal):
    work = resyncs("issue")
    complete(work, "a", "b", "c")
    complete(work, "a", "c")

    assert port.entities("issue").keys() == {"a", "c"}
    assert last(journal).kinds[0].deleted == 1


def test_a_kind_that_failed_keeps_its_entities_and_the_reason_is_told_once(resyncs, port, journal):
    work = resyncs(*KINDS)
    user = page("u", "v", kind="user", index=1)
    work(ScriptedAttempt(page("a", "b"), read(), user, read("user", 1), DONE))
    failure = Failure("bug", "kind 'user', resource 1: it fell over")
    work(
        ScriptedAttempt(
            page("a"), read(), read("user", 1, "it fell over"), Done("d", "failed", failure)
        )
    )

    assert port.entities("issue").keys() == {"a"}
    assert port.entities("user").keys() == {"u", "v"}
    assert port.resync_state(ME) == "failed"
    assert last(journal).error == "kind 'user', resource 1: it fell over"


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (SourceError("neither a page nor progress came for 300 s"), "neither a page"),
        (page("x", kind="stranger"), "which was not asked for"),
        (Done("d", "cancelled"), "the integration says 'cancelled'"),
        (Done("d", "failed", Failure("auth", "the token expired")), "the token expired"),
        (DONE, "did not say that it read 'issue' to its end"),
    ],
)
def test_what_was_not_read_to_its_end_deletes_nothing_and_is_done(
    resyncs, port, journal, ending, reason
):
    work = resyncs("issue")
    complete(work, "a", "b")
    work(ScriptedAttempt(page("a"), ending))

    assert port.entities("issue").keys() == {"a", "b"}
    assert port.resync_state(ME) == "failed"
    assert last(journal).status == "failed"
    assert reason in last(journal).error


@pytest.mark.parametrize("mapping", [{"resources": []}, {"resources": [{"kind": 5}]}])
def test_a_mapping_that_cannot_be_used_fails_and_asks_and_deletes_nothing(
    resyncs, port, journal, mapping
):
    work = resyncs("issue")
    complete(work, "a")
    port.set_mapping(ME, mapping)
    attempt = ScriptedAttempt()
    work(attempt)

    assert attempt.asked == []
    assert port.entities("issue").keys() == {"a"}
    assert port.resync_state(ME) == "failed"
    assert "edit the mapping" in last(journal).error


def test_more_stale_entities_than_the_threshold_allows_are_a_failure(resyncs, port, journal):
    work = resyncs("issue", entityDeletionThreshold=0.5)
    names = [f"n{number}" for number in range(12)]
    complete(work, *names)
    complete(work, *names[:3])

    assert port.entities("issue").keys() == set(names)
    assert port.resync_state(ME) == "failed"
    assert "9 of 12 entities of blueprint 'issue' are stale" in last(journal).error


def test_what_is_held_back_is_in_the_log_with_the_reason(resyncs, port, caplog):
    work = resyncs("one", "two", blueprint="common")
    work(
        ScriptedAttempt(
            page("a", "b", kind="one"), read("one"), page(kind="two", index=1), read("two", 1), DONE
        )
    )
    work(ScriptedAttempt(page("a", kind="one"), read("one"), read("two", 1, "not today"), DONE))

    assert port.entities("common").keys() == {"a", "b"}
    assert "stale entities of common stay: kind 'two' (resources[1]) is incomplete" in caplog.text


def test_claims_of_earlier_attempts_are_forgotten_after_a_complete_one_alone(resyncs, journal):
    work = resyncs("issue")
    complete(work, "a", number=1)
    work(ScriptedAttempt(page("a"), SourceError("half"), number=2))
    [claim] = journal.claims(ME)
    assert claim.attempt == f"e/{ME}#2"
    work(ScriptedAttempt(SourceError("nothing"), number=3))
    assert journal.claims(ME) == [claim]
    work(ScriptedAttempt(read(), DONE, number=4))

    assert journal.claims(ME) == []


def test_an_entity_that_port_refuses_fails_the_resync_and_it_is_done(resyncs, port, journal):
    complete(resyncs("issue"), "good", "not good: a space")

    assert port.entities("issue").keys() == {"good"}
    assert port.resync_state(ME) == "failed"
    assert "entity 'not good: a space' of blueprint 'issue'" in last(journal).error


def test_entities_that_wait_for_what_they_relate_to_are_stored_before_the_verdict(
    resyncs, port, journal
):
    work = resyncs("issue", createMissingRelatedEntities=False)
    complete(work)
    relation = {"parent": {"target": "issue", "title": "Parent"}}
    port.call("PATCH", "/blueprints/issue", json={"relations": relation})
    mapping = port.integration(ME)["config"]
    rules = mapping["resources"][0]["port"]["entity"]["mappings"]
    rules["relations"] = {"parent": ".parent"}
    port.set_mapping(ME, mapping)
    child, parent = page("child", parent="parent"), page("parent")
    work(ScriptedAttempt(child, parent, read(), DONE))

    assert last(journal).status == "completed"
    assert port.entities("issue")["child"]["relations"] == {"parent": "parent"}


# --- what makes the delivery go back


def test_a_port_that_does_not_list_ends_the_attempt_before_anything_is_asked(
    resyncs, served, port, journal
):
    served.proxy.refuse = lambda _, path: 500 if "datasource-entities" in path else None
    work = resyncs("issue")
    attempt = ScriptedAttempt()

    with pytest.raises(PortUnavailableError, match="datasource-entities with 500"):
        work(attempt)
    assert attempt.asked == []
    assert last(journal).status == "failed"
    assert "datasource-entities with 500" in last(journal).error


def test_a_port_that_refuses_to_list_is_named_in_the_report(resyncs, served, port, journal):
    work = resyncs("issue")
    complete(work, "a")
    served.proxy.refuse = lambda _, path: 403 if "datasource-entities" in path else None

    with pytest.raises(PortRefusedError, match="datasource-entities with 403"):
        work(ScriptedAttempt())
    assert last(journal).status == "failed"
    assert "datasource-entities with 403" in last(journal).error
    assert port.entities("issue").keys() == {"a"}


def test_upserts_that_fail_for_port_s_reasons_send_the_delivery_back_with_a_true_status(
    resyncs, served, port, journal
):
    work = resyncs("issue")
    complete(work, "a")
    served.proxy.refuse = lambda _, path: 502 if "/issue/entities/bulk" in path else None

    with pytest.raises(PortUnavailableError, match="502"):
        complete(work, "b")
    assert port.resync_state(ME) == "failed"
    assert (last(journal).status, last(journal).kinds[0].failed) == ("failed", 1)
    assert port.entities("issue").keys() == {"a"}


def test_a_machine_that_has_no_room_for_a_mapper_sends_the_delivery_back(
    resyncs, port, journal, mappers
):
    mappers.error = TransientError("no room")

    with pytest.raises(TransientError, match="no room"):
        complete(resyncs("issue"), "a")

    assert (last(journal).status, last(journal).error) == ("failed", "no room")


def test_an_integration_that_port_forgot_is_registered_again(resyncs, port, journal):
    work = resyncs("issue")
    complete(work, "a")
    port.call("DELETE", f"/integration/{ME}")

    with pytest.raises(PortRefusedError, match="404"):
        work(ScriptedAttempt())
    complete(work, "a", "b")

    assert port.resync_state(ME) == "completed"
    assert port.entities("issue").keys() == {"a", "b"}


def test_a_process_that_died_leaves_port_saying_running_which_is_true(resyncs, port, journal):
    work = resyncs("issue")
    complete(work, "a", "b")

    with pytest.raises(ProcessGoneError):
        work(ScriptedAttempt(page("a"), ProcessGoneError("its process ended")))
    assert port.resync_state(ME) == "running"
    assert last(journal).status == "running"
    assert port.entities("issue").keys() == {"a", "b"}


def test_a_stop_is_told_to_port_once(resyncs, served, port, journal, stop):
    work = resyncs("issue")
    complete(work, "a", "b")
    states = []

    def note(method, path):
        states.extend([method] if path.endswith("resync-state") else [])

    served.proxy.refuse = note
    with pytest.raises(StoppedError):
        work(ScriptedAttempt(page("a"), stop.set, StoppedError("the supervisor stops")))

    assert states == ["PATCH", "PATCH"]  # running, aborted
    assert port.resync_state(ME) == "aborted"
    assert last(journal).status == "aborted"
    assert port.entities("issue").keys() == {"a", "b"}


def test_a_stop_does_not_wait_for_a_port_that_is_down(resyncs, served, port, journal, stop):
    work = resyncs("issue")
    complete(work, "a")

    def go_down():
        served.proxy.refuse = lambda _method, _path: 503
        stop.set()

    with pytest.raises(StoppedError):
        work(ScriptedAttempt(go_down, StoppedError("the supervisor stops")))

    assert port.resync_state(ME) == "running"
    assert last(journal).status == "aborted"
