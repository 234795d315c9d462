import pytest

TYPES = {
    "text": {"type": "string"},
    "count": {"type": "number"},
    "on": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "more": {"type": "object"},
}


@pytest.fixture
def topics(port):
    port.blueprint("cluster")
    port.blueprint(
        "topic",
        TYPES,
        relations={"cluster": {"target": "cluster"}, "old": {"target": "cluster", "many": True}},
    )
    return port


def get(port, identifier, blueprint="topic"):
    answer = port.call("GET", f"/v1/blueprints/{blueprint}/entities/{identifier}")
    return answer.json().get("entity")


def test_a_bulk_upsert_says_what_it_created_and_what_it_updated(topics):
    topics.upsert("topic", {"identifier": "a"})
    answer = topics.upsert("topic", {"identifier": "a"}, {"identifier": "b"})
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "entities": [
            {"created": False, "identifier": "a", "index": 0, "additionalData": {}},
            {"created": True, "identifier": "b", "index": 1, "additionalData": {}},
        ],
        "errors": [],
    }


def test_one_wrong_entity_does_not_keep_the_others_out(topics):
    answer = topics.upsert(
        "topic",
        {"identifier": "a", "properties": {"none": 1}},
        {"identifier": "b"},
        {"identifier": {"combinator": "and", "rules": []}},
        7,
    )
    assert (answer.status_code, answer.json()["ok"]) == (207, True)
    assert [row["identifier"] for row in answer.json()["entities"]] == ["b"]
    errors = [
        (row["identifier"], row["index"], row["statusCode"]) for row in answer.json()["errors"]
    ]
    assert errors == [("a", 0, 422), ("unknown", 2, 422), ("unknown", 3, 422)]
    assert "'none'" in answer.json()["errors"][0]["message"]


def test_merging_keeps_what_is_not_named_and_replacing_does_not(topics):
    first = {"identifier": "a", "title": "A", "team": "x", "properties": {"text": "t", "count": 1}}
    topics.upsert("topic", first)
    born = get(topics, "a")
    topics.upsert("topic", {"identifier": "a", "properties": {"count": 2}})
    merged = get(topics, "a")
    assert (merged["title"], merged["team"]) == ("A", ["x"])
    assert merged["properties"] == {"text": "t", "count": 2}
    assert merged["createdAt"] == born["createdAt"] < merged["updatedAt"]
    topics.upsert("topic", {"identifier": "a", "properties": {"count": 3}}, merge="false")
    replaced = get(topics, "a")
    assert (replaced["title"], replaced["properties"]) == (None, {"count": 3})
    assert replaced["createdAt"] == born["createdAt"]


def test_without_upsert_what_exists_is_refused(topics):
    topics.upsert("topic", {"identifier": "a"})
    answer = topics.upsert("topic", {"identifier": "a"}, upsert="false")
    assert answer.json()["errors"][0]["statusCode"] == 409


def test_a_related_entity_that_is_missing_is_a_404_of_that_entity(topics):
    answer = topics.upsert(
        "topic", {"identifier": "a", "relations": {"cluster": "c1"}}, {"identifier": "b"}
    )
    error = answer.json()["errors"][0]
    assert (error["statusCode"], error["error"]) == (404, "not_found")
    assert get(topics, "a") is None
    assert get(topics, "b")


def test_a_related_entity_is_made_where_that_is_asked_for(topics):
    related = {"identifier": "a", "relations": {"cluster": "c1", "old": ["c1", "c2"]}}
    answer = topics.upsert("topic", related, create_missing_related_entities="true")
    assert answer.status_code == 200
    assert get(topics, "c1", "cluster")["title"] == "c1"
    assert get(topics, "a")["relations"] == {"cluster": "c1", "old": ["c1", "c2"]}


def test_an_entity_may_relate_to_itself_and_to_an_earlier_one_of_its_call(port):
    port.blueprint("team", relations={"parent": {"target": "team"}})
    answer = port.upsert(
        "team",
        {"identifier": "a", "relations": {"parent": "a"}},
        {"identifier": "b", "relations": {"parent": "a"}},
    )
    assert answer.status_code == 200


def test_one_entity_may_come_alone(topics):
    path = "/v1/blueprints/topic/entities"
    created = topics.call("POST", path, {"identifier": "a", "blueprint": "topic"})
    assert created.status_code == 201
    assert created.json()["entity"]["identifier"] == "a"
    assert topics.call("POST", path, {"identifier": "a"}).status_code == 409
    updated = topics.call("POST", path, {"identifier": "a"}, params={"upsert": "true"})
    assert updated.status_code == 200
    named = topics.call("POST", path, {}).json()["entity"]["identifier"]
    assert named.startswith("e_")


def test_entities_are_listed_counted_and_found_by_encoded_identifiers(topics):
    topics.upsert("topic", {"identifier": "b"}, {"identifier": "a/b+c"})
    listed = topics.call("GET", "/v1/blueprints/topic/entities").json()["entities"]
    assert [one["identifier"] for one in listed] == ["a/b+c", "b"]
    assert topics.call("GET", "/v1/blueprints/topic/entities-count").json()["count"] == 2
    assert get(topics, "a%2Fb%2Bc")["identifier"] == "a/b+c"
    missing = topics.call("GET", "/v1/blueprints/topic/entities/none")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["entities", "entities/a", "entities-count"])
def test_an_unknown_blueprint_is_a_404(port, path):
    assert port.call("GET", f"/v1/blueprints/none/{path}").status_code == 404
    assert port.upsert("none", {"identifier": "a"}).status_code == 404


@pytest.mark.parametrize("entities", [[], [{"identifier": "a"}] * 21, None])
def test_a_bulk_upsert_takes_one_to_twenty(topics, entities):
    answer = topics.call("POST", "/v1/blueprints/topic/entities/bulk", {"entities": entities})
    assert answer.status_code == 422


@pytest.mark.parametrize("name", ["run_id", "validation_only"])
def test_what_the_sandbox_cannot_honour_is_refused(topics, name):
    assert topics.upsert("topic", {"identifier": "a"}, **{name: "true"}).status_code == 422


def test_required_properties_and_relations_are_asked_for(port):
    port.blueprint("cluster")
    relations = {"cluster": {"target": "cluster", "required": True}}
    port.blueprint("topic", {"n": {"type": "number"}}, required=["n"], relations=relations)
    port.upsert("cluster", {"identifier": "c"})
    whole = {"identifier": "a", "properties": {"n": 1}, "relations": {"cluster": "c"}}
    assert port.upsert("topic", whole).status_code == 200
    for wrong in ({"properties": {"n": None}}, {"relations": {"cluster": None}}):
        answer = port.upsert("topic", {"identifier": "a", **wrong})
        assert "required" in answer.json()["errors"][0]["message"]
    assert port.upsert("topic", {"identifier": "a", "title": "still whole"}).status_code == 200
