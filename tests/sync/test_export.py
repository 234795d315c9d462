"""Pages in, entities stored, and a tally that hides nothing: with a scripted Port."""

import logging
import threading
from contextlib import closing

import pytest

from framework.errors import MappingError, PortRefusedError, PortUnavailableError, SourceError
from framework.journal import Journal
from framework.mapping import mapping as mappings
from framework.port.calls import DEFAULT, ONE_TRY
from framework.sync.export import Export, Exporter
from tests.fakes.syncing import ME, FakeClient, Inline, config, page, read

ATTEMPT = "e/mine#1"
DOWN = PortUnavailableError("Port answered with 503 (tried 5 times)")


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def journal(tmp_path):
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        journal.open()
        yield journal


@pytest.fixture
def exporter(client, journal):
    log = logging.getLogger(f"integration.{ME}")
    return Exporter(ME, "type", client, Inline(), journal, threading.Event(), log)


@pytest.fixture
def export(exporter):
    """Make the state of an attempt for the kinds of a mapping."""

    def make(*kinds, **options):
        mapping = mappings.parse(config(*(kinds or ("issue",)), **options))
        return Export(exporter, mapping, ATTEMPT)

    return make


def refused(status, message="no", index=0):
    error = {"index": index, "statusCode": status, "error": "error", "message": message}
    return {"ok": True, "errors": [error]}


def report(export, kind="issue", index=0):
    return export.tallies[kind, index].report()


def test_a_page_is_stored_and_counted_and_its_kind_whole_once_it_is_read(export, client):
    one = export()
    one.page(page("a", "b"))
    assert one.complete == frozenset()
    one.kind_done(read())

    assert client.stored == ["a", "b"]
    assert one.produced == {("issue", "a"), ("issue", "b")}
    assert one.complete == {("issue", 0)}
    assert (report(one).items, report(one).entities, report(one).failed) == (2, 2, 0)


def test_what_fills_a_blueprint_is_in_the_journal_before_its_entities_are_in_port(
    export, client, journal
):
    known = []

    def answer(asked):
        known.append([(one.blueprint, one.attempt) for one in journal.claims(ME)])
        return {"ok": True}

    client.answer = answer
    one = export()
    one.page(page("a"))
    one.page(page("b"))

    assert known == [[("issue", ATTEMPT)]] * 2


def test_a_page_that_cannot_be_translated_spoils_its_kind_alone(export, exporter, client):
    one = export("issue", "user")
    exporter.mappers.error = MappingError("a page took more than 2 s of computing")
    one.page(page("a", "b"))
    one.page(page("c"))
    one.page(page("u", kind="user", index=1))
    for kind, index in one.tallies:
        one.kind_done(read(kind, index))

    assert client.stored == ["c", "u"]
    assert one.complete == {("user", 1)}
    assert report(one).error == "a page took more than 2 s of computing"
    assert (report(one).items, report(one).entities) == (3, 1)


@pytest.mark.parametrize(("kind", "index"), [("stranger", 0), ("issue", 1), ("issue", None)])
def test_a_page_that_was_not_asked_for_is_an_error_of_the_source(export, kind, index):
    with pytest.raises(SourceError, match="was not asked for"):
        export().page(page("a", kind=kind, index=index))


def test_the_end_of_a_kind_that_was_not_asked_for_is_an_error_of_the_source(export):
    with pytest.raises(SourceError, match="sent kind 'stranger'"):
        export().kind_done(read("stranger"))


def test_a_source_that_was_not_read_to_its_end_spoils_its_kind(export):
    one = export()
    one.page(page("a"))
    one.kind_done(read(error="it fell over"))

    assert one.complete == frozenset()
    assert report(one).error == "it fell over"


def test_a_refused_entity_is_counted_with_port_s_words(export, client):
    client.answer = lambda _: refused(422, "title must be a string", index=1)
    one = export()
    one.page(page("a", "b"))
    one.kind_done(read())

    assert report(one).failed == 1
    assert report(one).error.startswith("entity 'b' of blueprint 'issue': ")
    assert report(one).error.endswith("title must be a string")
    assert one.complete == frozenset()
    assert one.unavailable is None


def test_an_entity_that_port_names_unknown_is_counted_all_the_same(export, client):
    client.answer = lambda _: refused(422, index=None)
    one = export()
    one.page(page("a"))

    assert report(one).failed == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_entity_that_fails_for_port_s_reasons_is_to_be_sent_again(export, client, status):
    client.answer = lambda _: refused(status, "internal error")
    one = export()
    one.page(page("a"))

    assert report(one).failed == 1
    assert "internal error" in str(one.unavailable)


def test_a_port_that_is_down_is_asked_at_length_once(export, client):
    client.answer = lambda _: DOWN
    one = export()
    one.page(page(*(f"n{number}" for number in range(50))))

    assert [asked.patience for asked in client.asked] == [DEFAULT, ONE_TRY, ONE_TRY]
    assert report(one).failed == 50
    assert report(one).error == str(DOWN)
    assert one.unavailable is DOWN


def test_what_relates_to_something_later_waits_for_it(export, client):
    known = set()

    def answer(asked):
        [entity] = asked.body["entities"]
        needs = {"child": "parent", "parent": "root"}.get(entity["identifier"])
        if needs and needs not in known:
            return refused(404, f"related entity {needs!r} not found")
        known.add(entity["identifier"])
        return {"ok": True}

    client.answer = answer
    one = export(createMissingRelatedEntities=False)
    for name in ("child", "parent", "root"):
        one.page(page(name))
    assert report(one).failed == 0
    one.store_kept()
    one.kind_done(read())

    assert known == {"child", "parent", "root"}
    assert one.complete == {("issue", 0)}


def test_what_relates_to_nothing_is_refused_in_the_end_with_port_s_words(export, client):
    client.answer = lambda _: refused(404, "related entity 'gone' not found")
    one = export(createMissingRelatedEntities=False)
    one.page(page("a"))
    one.store_kept()

    assert client.stored == ["a", "a"]  # once more in the end
    assert report(one).failed == 1
    assert "related entity 'gone' not found" in report(one).error
    assert one.unavailable is None


def test_a_missing_relation_is_refused_at_once_where_port_should_have_made_it(export, client):
    client.answer = lambda _: PortRefusedError("Port answered with 404: blueprint 'issue'", 404)
    one = export()
    one.page(page("a", "b"))
    one.store_kept()

    assert client.stored == ["a", "b"]
    assert report(one).failed == 2


def test_a_field_that_is_null_by_mistake_is_warned_of_once(export, caplog):
    one = export()
    one.page(page("a", title={"no": "text"}))
    one.page(page("b", title={"no": "text"}))
    assert caplog.messages == []  # a title may be anything

    mapping = mappings.parse(config("issue", blueprint="x"))
    mapping.resources[0].program.bodies[0]["title"] = ".title.no"
    other = Export(one._exporter, mapping, ATTEMPT)
    other.page(page("a", title="text"))
    other.page(page("b", title="text"))

    assert len(caplog.messages) == 1
    assert "kind 'issue' (resources[0]): port.entity.mappings.title is null" in caplog.text


def test_deletions_are_counted_for_the_first_kind_that_fills_the_blueprint(export):
    one = export("issue", "user")
    mapping = mappings.parse(config("one", "two", blueprint="common"))
    both = Export(one._exporter, mapping, ATTEMPT)
    one.count_deleted({"user": 3, "elsewhere": 1})
    both.count_deleted({"common": 2})

    assert (report(one).deleted, report(one, "user", 1).deleted) == (0, 3)
    assert (report(both, "one").deleted, report(both, "two", 1).deleted) == (2, 0)
