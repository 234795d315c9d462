import msgspec
import pytest

from framework.errors import AuthError, PortUnavailableError, StoppedError
from framework.port import entities
from framework.port.calls import ONE_TRY
from framework.port.entities import MOST_BYTES
from framework.port.entity import Entity, Options


def entity(name, blueprint="topic", size=0):
    body = {"identifier": name, "blueprint": blueprint, "properties": {"x": "y" * size}}
    return Entity(name, blueprint, msgspec.Raw(msgspec.json.encode(body)))


def many(count, blueprint="topic"):
    return [entity(f"{blueprint}-{number}", blueprint) for number in range(count)]


def upsert_all(client, found, options, *patience):
    return [
        error
        for batch in entities.batches(found)
        for error in entities.upsert(client, batch, options, *patience)
    ]


def names(batch):
    return [each.identifier for each in batch]


class Catalog:
    """Stores what it is sent as Port does, and refuses a call that holds a `bad` one."""

    def __init__(self, kit, bad=(), status=422):
        self.kit = kit
        self.bad = set(bad)
        self.status = status
        self.stored = []

    def __call__(self, asked):
        sent = [each["identifier"] for each in asked.body["entities"]]
        if self.bad & set(sent):
            return self.kit.Reply(self.status, {"error": "bad", "message": "one is bad"})
        self.stored += sent
        rows = [{"created": True, "identifier": n, "index": i} for i, n in enumerate(sent)]
        return self.kit.Reply(200, {"ok": True, "entities": rows, "errors": []})


def test_entities_go_out_by_blueprint_and_in_order_twenty_at_a_time():
    mixed = [each for pair in zip(many(45), many(45, "group"), strict=True) for each in pair]

    sizes = [(batch[0].blueprint, len(batch)) for batch in entities.batches(mixed)]
    sent = [name for batch in entities.batches(mixed) for name in names(batch)]

    topics = [("topic", 20), ("topic", 20), ("topic", 5)]
    assert sizes == topics + [("group", size) for _, size in topics]
    assert sent == names(many(45)) + names(many(45, "group"))
    assert list(entities.batches([])) == []


def body(batch):
    return msgspec.json.encode({"entities": [each.body for each in batch]})


def test_a_call_may_be_exactly_one_mebibyte():
    spare = MOST_BYTES - len(body([entity("a"), entity("b")]))
    fits = [entity("a", size=1000), entity("b", size=spare - 1000)]
    too_large = [entity("a", size=1000), entity("b", size=spare - 999)]

    assert len(body(fits)) == MOST_BYTES
    assert [len(batch) for batch in entities.batches(fits)] == [2]
    assert [len(batch) for batch in entities.batches(too_large)] == [1, 1]


def test_no_call_is_larger_than_port_takes():
    large = [entity(f"e{number}", size=number * 20_000) for number in range(40)]

    for batch in entities.batches(large):
        assert len(batch) <= 20
        assert len(body(batch)) <= MOST_BYTES


def test_what_is_sent_is_the_entitys_own_text(port, client, kit):
    catalog = port.answer = Catalog(kit)
    options = Options(merge=False, create_missing_related_entities=False)

    assert upsert_all(client, many(25, "my/topic"), options) == []

    assert port.asked[0].path == "/v1/blueprints/my%2Ftopic/entities/bulk"
    assert port.asked[0].query == "upsert=true&merge=false&create_missing_related_entities=false"
    assert port.asked[0].body["entities"][3] == msgspec.json.decode(many(4, "my/topic")[3].body)
    assert catalog.stored == names(many(25, "my/topic"))


def test_an_entity_too_large_for_any_call_is_an_error_without_a_call(port, client, kit):
    port.answer = Catalog(kit)

    errors = upsert_all(client, [entity("huge", size=MOST_BYTES), entity("a")], Options())

    assert [(error.identifier, error.status) for error in errors] == [("huge", 413)]
    assert len(port.asked) == 1


def test_too_large_a_batch_is_halved_without_a_call(port, client, kit):
    catalog = port.answer = Catalog(kit)

    batch = [entity("a", size=600_000), entity("b", size=600_000)]
    assert entities.upsert(client, batch, Options()) == []

    assert catalog.stored == ["a", "b"]


@pytest.mark.parametrize("status", [200, 207])
def test_an_error_in_the_answer_is_the_error_of_the_entity_at_its_index(port, client, kit, status):
    rows = [{"created": False, "identifier": "topic-0", "index": 0}]
    error = {"identifier": "unknown", "index": 1, "statusCode": 404, "error": "not_found"}
    errors = [{**error, "message": "no such cluster"}]
    port.script = [kit.Reply(status, {"ok": True, "entities": rows, "errors": errors})]

    (found,) = entities.upsert(client, many(2), Options())

    assert (found.identifier, found.blueprint, found.status) == ("topic-1", "topic", 404)
    assert found.message == "not_found: no such cluster"


def test_an_error_without_a_usable_index_keeps_its_name(port, client, kit):
    errors = [{"identifier": "x", "index": 99}, {"error": {"code": "c"}}]
    port.script = [kit.Reply(207, {"ok": False, "errors": errors})]

    found = entities.upsert(client, many(2), Options())

    assert [(error.identifier, error.message) for error in found] == [
        ("x", "Port gives no reason"),
        ("unknown", '{"code":"c"}'),
    ]


def test_what_the_answer_does_not_mention_is_not_taken_for_stored(port, client, kit):
    rows = [{"identifier": "topic-0", "index": 0}, {"identifier": "topic-2"}]
    port.script = [kit.Reply(200, {"ok": True, "entities": rows})]

    found = entities.upsert(client, many(4), Options())

    assert names(found) == ["topic-1", "topic-3"]


def test_an_answer_that_is_not_ok_refuses_all(port, client, kit):
    port.script = [kit.Reply(200, {"ok": False})]

    assert names(entities.upsert(client, many(2), Options())) == ["topic-0", "topic-1"]


def test_an_answer_without_the_list_of_the_stored_is_believed(port, client, kit):
    port.script = [kit.Reply(200, {"ok": True})]

    assert entities.upsert(client, many(2), Options()) == []


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_call_refused_for_one_entity_is_halved_down_to_it(port, client, kit, status):
    catalog = port.answer = Catalog(kit, bad=["topic-3", "topic-17"], status=status)

    found = entities.upsert(client, many(20), Options())

    assert [(error.identifier, error.status) for error in found] == [
        ("topic-3", status),
        ("topic-17", status),
    ]
    assert "one is bad" in found[0].message
    assert sorted(catalog.stored) == sorted(set(names(many(20))) - {"topic-3", "topic-17"})


@pytest.mark.parametrize("status", [403, 404, 409])
def test_a_call_refused_for_all_is_an_error_of_each(port, client, kit, status):
    port.answer = lambda _: kit.Reply(status, {"error": "no such blueprint"})

    found = entities.upsert(client, many(20), Options())

    assert len(found) == 20
    assert {error.status for error in found} == {status}
    assert len(port.asked) == 1


def test_a_blueprint_that_cannot_be_is_an_error_of_each_without_a_call(port, client):
    found = upsert_all(client, many(2, ".."), Options())

    assert [error.status for error in found] == [422, 422]
    assert port.asked == []


def test_halving_ends_with_a_stop(port, client, stop, kit):
    stop.set()
    port.answer = Catalog(kit, bad=["topic-3"])

    with pytest.raises(StoppedError):
        entities.upsert(client, many(20), Options())


def test_port_in_trouble_is_raised_with_the_callers_patience(port, client, kit):
    port.answer = lambda _: kit.Reply(500)

    with pytest.raises(PortUnavailableError):
        upsert_all(client, many(25), Options(), ONE_TRY)
    assert len(port.asked) == 1


def test_refused_credentials_are_raised(port, client, kit):
    port.answer = lambda _: kit.Reply(401)

    with pytest.raises(AuthError):
        entities.upsert(client, many(1), Options())


def test_an_answer_that_is_not_json_does_not_count_as_stored(port, client, kit):
    port.script = [kit.Reply(200, b"<html>")]

    with pytest.raises(PortUnavailableError, match="topic/entities/bulk"):
        entities.upsert(client, many(1), Options())
