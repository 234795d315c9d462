import pytest


@pytest.fixture
def tree(port):
    """Cluster c; topics a and b need it; group g just knows topic a and topic b."""
    port.blueprint("cluster")
    port.blueprint("topic", relations={"cluster": {"target": "cluster", "required": True}})
    relations = {"all": {"target": "topic", "many": True}, "main": {"target": "topic"}}
    port.blueprint("group", relations=relations)
    port.upsert("cluster", {"identifier": "c"})
    for name in ("a", "b"):
        port.upsert("topic", {"identifier": name, "relations": {"cluster": "c"}})
    port.upsert("group", {"identifier": "g", "relations": {"all": ["a", "b"], "main": "a"}})
    return port


def delete(port, path, cascade):
    return port.call(
        "DELETE", f"/v1/blueprints/{path}", params={"delete_dependents": str(cascade).lower()}
    )


def delete_many(port, blueprint, identifiers, cascade="true"):
    path = f"/v1/blueprints/{blueprint}/bulk/entities/delete"
    query = {"delete_dependents": cascade}
    return port.call("POST", path, {"entities": identifiers}, params=query)


def identifiers(port, blueprint):
    entities = port.call("GET", f"/v1/blueprints/{blueprint}/entities").json()["entities"]
    return [one["identifier"] for one in entities]


def test_what_others_need_stays_unless_they_may_go_too(tree):
    refused = delete(tree, "cluster/entities/c", cascade=False)
    assert (refused.status_code, refused.json()["error"]) == (422, "has_dependents")
    assert delete(tree, "cluster/entities/c", cascade=True).json() == {"ok": True}
    assert [identifiers(tree, name) for name in ("cluster", "topic", "group")] == [[], [], ["g"]]


def test_a_relation_that_is_not_required_just_loses_its_target(tree):
    assert delete(tree, "topic/entities/a", cascade=False).status_code == 200
    group = tree.call("GET", "/v1/blueprints/group/entities/g").json()["entity"]
    assert group["relations"] == {"all": ["b"], "main": None}


def test_deleting_what_is_not_there_is_a_404(tree):
    assert delete(tree, "topic/entities/none", cascade=True).status_code == 404


def test_whether_dependents_may_go_must_be_said(tree):
    assert tree.call("DELETE", "/v1/blueprints/topic/entities/a").status_code == 422


def test_a_bulk_deletion_is_all_or_nothing(tree):
    tree.upsert("cluster", {"identifier": "free"})
    assert delete_many(tree, "cluster", ["free", "c"], "false").status_code == 422
    assert identifiers(tree, "cluster") == ["c", "free"]
    answer = delete_many(tree, "cluster", ["free", "none", "free"], "false")
    assert answer.json() == {"ok": True, "deletedEntities": ["free"]}


def test_entities_in_a_circle_go_together(port):
    port.blueprint("team")
    port.upsert("team", {"identifier": "a"}, {"identifier": "b"})
    relations = {"parent": {"target": "team", "required": True}}
    port.call("PATCH", "/v1/blueprints/team", {"relations": relations})
    for name, parent in (("a", "b"), ("b", "a"), ("a", "a"), ("a", "b")):
        port.upsert("team", {"identifier": name, "relations": {"parent": parent}})
    assert delete_many(port, "team", ["a"]).status_code == 200
    assert identifiers(port, "team") == []


@pytest.mark.parametrize("names", [[], ["x"] * 101, "a", [1]])
def test_a_bulk_deletion_takes_one_to_a_hundred_identifiers(tree, names):
    assert delete_many(tree, "topic", names).status_code == 422


def test_an_unknown_blueprint_is_a_404(port):
    assert delete_many(port, "none", ["a"]).status_code == 404
