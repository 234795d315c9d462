import pytest

LIST = "/v1/blueprints/entities/datasource-entities"


def owned(port, **body):
    question = {
        "datasource_prefix": "port-ocean/kafka/",
        "datasource_suffix": "/my_kafka/exporter",
        **body,
    }
    return port.call("POST", LIST, question)


def names(answer):
    return [f"{one['blueprint']}:{one['identifier']}" for one in answer.json()["entities"]]


@pytest.fixture
def shared(port):
    port.blueprint("topic")
    port.blueprint("broker")
    port.upsert("topic", {"identifier": "mine"}, {"identifier": "taken"})
    port.upsert("broker", {"identifier": "1"})
    other = {"User-Agent": "port-ocean/kafka/0.2.0/other/exporter"}
    path = "/v1/blueprints/topic/entities/bulk"
    body = {"entities": [{"identifier": "taken"}, {"identifier": "theirs"}]}
    port.call("POST", path, body, params={"upsert": "true"}, headers=other)
    return port


def test_an_entity_belongs_to_whoever_wrote_it_last(shared):
    assert names(owned(shared)) == ["broker:1", "topic:mine"]
    assert names(owned(shared, datasource_suffix="/other/exporter")) == [
        "topic:taken",
        "topic:theirs",
    ]
    assert len(names(owned(shared, datasource_suffix=""))) == 4


def test_the_listing_comes_in_pages(shared):
    first = owned(shared, limit=1)
    assert names(first) == ["broker:1"]
    second = owned(shared, limit=1, **{"from": first.json()["next"]})
    assert names(second) == ["topic:mine"]
    assert second.json()["next"] is None


def test_before_leaves_out_what_was_written_later(shared):
    entity = shared.call("GET", "/v1/blueprints/topic/entities/mine").json()["entity"]
    assert "topic:mine" not in names(owned(shared, before=entity["updatedAt"]))
    later = "2999-01-01T01:00:00+01:00"
    assert names(owned(shared, before=later)) == ["broker:1", "topic:mine"]


def test_entities_made_for_a_relation_belong_to_its_writer(port):
    port.blueprint("cluster")
    port.blueprint("topic", relations={"cluster": {"target": "cluster"}})
    entity = {"identifier": "a", "relations": {"cluster": "c"}}
    port.upsert("topic", entity, create_missing_related_entities="true")
    assert names(owned(port)) == ["cluster:c", "topic:a"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 5001},
        {"limit": "1"},
        {"from": "?"},
        {"from": "e30="},
        {"before": "noon"},
        {"datasource_prefix": 1},
    ],
)
def test_a_wrong_question_is_refused(port, wrong):
    assert owned(port, **wrong).status_code == 422
