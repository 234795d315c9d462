import pytest

PLAIN = {"identifier": "topic", "title": "Topic", "schema": {"properties": {}}}
RELATED = {"cluster": {"target": "cluster", "required": False, "many": False}}


def test_a_blueprint_is_created_read_changed_and_deleted(port):
    created = port.blueprint("topic", {"name": {"type": "string"}})
    assert created.status_code == 201
    assert created.json()["blueprint"]["createdAt"].endswith("Z")
    assert created.json()["blueprint"]["createdBy"] == "me"
    changed = port.call("PATCH", "/v1/blueprints/topic", {"title": "Topics"}).json()["blueprint"]
    assert changed["title"] == "Topics"
    assert changed["schema"]["properties"] == {"name": {"type": "string"}}
    assert changed["updatedAt"] > changed["createdAt"]
    replaced = port.call("PUT", "/v1/blueprints/topic", PLAIN).json()["blueprint"]
    assert replaced["schema"] == {"properties": {}}
    assert port.call("GET", "/v1/blueprints").json()["blueprints"] == [replaced]
    assert port.call("DELETE", "/v1/blueprints/topic").json() == {"ok": True}
    assert port.call("GET", "/v1/blueprints/topic").status_code == 404


def test_a_second_one_with_the_same_identifier_is_refused(port):
    port.blueprint("topic")
    assert port.blueprint("topic").status_code == 409


def test_a_relation_needs_its_target(port):
    refused = port.blueprint("topic", relations=RELATED)
    assert refused.status_code == 422
    assert "'cluster'" in refused.json()["message"]
    port.blueprint("cluster")
    assert port.blueprint("topic", relations=RELATED).status_code == 201


def test_a_blueprint_may_relate_to_itself(port):
    assert port.blueprint("team", relations={"parent": {"target": "team"}}).status_code == 201


def test_an_identifier_with_a_slash_is_found_by_its_encoded_name(port):
    port.blueprint("a/b")
    assert port.call("GET", "/v1/blueprints/a%2Fb").json()["blueprint"]["identifier"] == "a/b"


def test_what_has_entities_or_is_a_target_stays(port):
    port.blueprint("cluster")
    port.blueprint("topic", relations=RELATED)
    port.upsert("topic", {"identifier": "a"})
    assert port.call("DELETE", "/v1/blueprints/topic").status_code == 422
    assert "'topic'" in port.call("DELETE", "/v1/blueprints/cluster").json()["message"]
    assert port.call("DELETE", "/v1/blueprints/none").status_code == 404


def test_the_type_of_a_property_cannot_be_changed(port):
    port.blueprint("topic", {"n": {"type": "string"}})
    schema = {"properties": {"n": {"type": "number"}, "m": {"type": "number"}}}
    answer = port.call("PATCH", "/v1/blueprints/topic", {"schema": schema})
    assert answer.status_code == 422
    assert "'n'" in answer.json()["message"]


def test_renaming_is_not_part_of_the_sandbox(port):
    port.blueprint("topic")
    answer = port.call("PATCH", "/v1/blueprints/topic", {"identifier": "other"})
    assert "sandbox" in answer.json()["message"]


def test_mirrors_calculations_aggregations_and_ownership_may_stand_in_a_later_stage(port):
    port.blueprint("cluster")
    port.blueprint("topic")
    full = {
        "relations": RELATED,
        "mirrorProperties": {"owner": {"path": "cluster.$team"}},
        "calculationProperties": {"n": {"type": "number", "calculation": "1"}},
        "aggregationProperties": {"all": {"target": "topic"}},
        "ownership": {"type": "Inherited", "path": "cluster"},
    }
    assert port.call("PATCH", "/v1/blueprints/topic", full).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"identifier": ".."},
        {"identifier": "a b"},
        {"identifier": "x" * 101},
        {"identifier": None},
        {"title": ""},
        {"title": "x" * 101},
        {"description": "x" * 201},
        {"schema": None},
        {"schema": {"properties": {}, "more": 1}},
        {"schema": {"properties": []}},
        {"schema": {"properties": {"a b": {"type": "string"}}}},
        {"schema": {"properties": {"a": {"type": "date"}}}},
        {"schema": {"properties": {"a": {"type": "string", "format": "colour"}}}},
        {"schema": {"properties": {}, "required": "a"}},
        {"relations": {"r": {"target": "topic", "colour": 1}}},
        {"relations": {"r": "topic"}},
        {"mirrorProperties": {"m": {"path": "none.title"}}},
        {"calculationProperties": {"c": {"type": "none"}}},
        {"aggregationProperties": {"a": {"target": "none"}}},
        {"ownership": {"type": "Inherited", "path": "none"}},
    ],
)
def test_a_blueprint_that_breaks_a_rule_is_refused(port, wrong):
    answer = port.call("POST", "/v1/blueprints", {**PLAIN, **wrong})
    assert (answer.status_code, answer.json()["ok"]) == (422, False)
