from framework.mapping.contract import Translated
from framework.port.entity import Entity
from framework.sync.tally import KindTally


def tally(**fields) -> KindTally:
    return KindTally("topic", 0, **fields)


def test_a_kind_read_to_its_end_is_complete():
    topics = tally(items=3, selected=2, entities=2)
    topics.end(None)

    assert topics.complete


def test_a_kind_that_was_not_read_to_its_end_is_not_complete():
    assert not tally(items=3, selected=2, entities=2).complete


def test_an_error_of_the_source_is_kept_and_spoils():
    topics = tally()
    topics.end("connection reset")

    assert not topics.complete
    assert topics.report().error == "connection reset"


def test_an_entity_that_is_not_stored_spoils():
    topics = tally(items=1, selected=1, entities=1)
    topics.fail(1, "422")
    topics.end(None)

    assert not topics.complete
    assert topics.report().failed == 1


def translated(**fields) -> Translated:
    nothing = {"entities": [], "items": 0, "selected": 0, "skipped": 0, "failed": 0}
    known = {**nothing, "without_identity": [0], "misconfigured": {}, "broken": None, **fields}
    return Translated(**known)


def test_pages_add_up():
    topics = tally()
    topics.add(translated(selected=2, entities=[Entity("a", "topic", b"{}")], without_identity=[1]))
    topics.add(translated(selected=1, without_identity=[1]))
    topics.end(None)

    assert (topics.selected, topics.entities, topics.nameless) == (3, 1, [2])
    assert topics.complete


def test_a_fault_that_can_hide_an_entity_spoils():
    topics = tally()
    topics.add(translated(broken="selector.query: no such function"))
    topics.end(None)

    assert not topics.complete
    assert topics.error == "selector.query: no such function"


def test_a_kind_whose_every_selected_item_lacks_an_identity_spoils():
    topics = tally()
    topics.add(translated(selected=2, without_identity=[0, 2]))
    topics.add(translated(selected=3, without_identity=[1, 3]))
    topics.end(None)

    assert not topics.complete
    assert "none of 5 selected items" in topics.error


def test_an_empty_source_is_complete():
    topics = tally()
    topics.end(None)

    assert topics.complete


def test_the_first_reason_is_kept():
    topics = tally()
    topics.spoil("first")
    topics.spoil("second")

    assert topics.error == "first"
