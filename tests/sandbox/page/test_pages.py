import pytest

MAPPING = "/page/integrations/my_kafka/mapping"


@pytest.fixture
def page(port):
    body = {"installationId": "my_kafka", "installationAppType": "kafka"}
    body["config"] = {"resources": [{"kind": "topic", "selector": {"query": "a\nb"}}]}
    port.call("POST", "/v1/integration", body)
    port.blueprint("cluster")
    relations = {"cluster": {"target": "cluster", "title": "Its cluster"}}
    port.blueprint("topic", {"n": {"type": "number"}}, relations=relations)
    port.upsert("topic", *({"identifier": f"t{n}", "properties": {"n": n}} for n in range(20)))
    return port


def test_the_page_needs_no_token_and_allows_nothing_foreign(served):
    answer = served.call("GET", "/", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for name in ("app.js", "style.css"):
        assert f"/page/{name}" in answer.text
        assert served.call("GET", f"/page/{name}").status_code == 200


@pytest.mark.parametrize("path", ["/", "/page/overview"])
def test_a_foreign_name_for_this_machine_is_refused(served, path):
    for host in ("evil.example", "evil.example:80", ""):
        assert served.call("GET", path, headers={"Host": host}).status_code == 403
    assert served.call("GET", path, headers={"Host": "localhost:1"}).status_code == 200


def test_another_site_cannot_make_the_browser_ask(page):
    path = "/page/integrations/my_kafka/resync"
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        assert page.call("POST", path, headers={"Origin": origin}).status_code == 403
    assert page.messages == []
    assert page.call("POST", path, headers={"Origin": page.url}).status_code == 200
    assert [message.value.get("action") for message in page.messages] == ["RESYNC", None]


def test_the_overview_shows_integrations_and_blueprints(page):
    overview = page.call("GET", "/page/overview").json()
    assert overview["integrations"][0]["identifier"] == "my_kafka"
    counts = {one["identifier"]: one["count"] for one in overview["blueprints"]}
    assert counts == {"cluster": 0, "topic": 20}
    assert overview["kafka"] == ["127.0.0.1:9"]


def test_a_mapping_is_edited_as_yaml(page):
    text = page.call("GET", MAPPING).json()["yaml"]
    assert text.startswith("resources:\n  - kind: topic\n")
    edited = text.replace("topic", "broker")
    assert page.call("PUT", MAPPING, {"yaml": edited}).json() == {"ok": True}
    config = page.call("GET", "/v1/integration/my_kafka").json()["integration"]["config"]
    assert config["resources"][0] == {"kind": "broker", "selector": {"query": "a\nb"}}
    assert len(page.messages) == 2


def test_a_wrong_mapping_names_its_line_and_changes_nothing(page):
    answer = page.call("PUT", MAPPING, {"yaml": "resources:\n  - kind: [a\n"})
    assert answer.status_code == 422
    assert answer.json()["ok"] is False
    assert answer.json()["line"] == 3
    assert page.call("PUT", MAPPING, {"yaml": 1}).status_code == 422
    assert page.messages == []


def test_entities_are_a_table_with_properties_and_relations(page):
    table = page.call("GET", "/page/blueprints/topic/entities").json()
    assert [(one["part"], one["title"], one["detail"]) for one in table["columns"]] == [
        ("properties", "n", "number"),
        ("relations", "Its cluster", "cluster"),
    ]
    assert (table["count"], table["found"], len(table["rows"])) == (20, 20, 20)


def test_a_table_is_searched_and_paged(page):
    found = page.call("GET", "/page/blueprints/topic/entities", params={"search": "T1 "}).json()
    assert (found["count"], found["found"]) == (20, 11)
    later = page.call("GET", "/page/blueprints/topic/entities", params={"offset": "15"}).json()
    assert (len(later["rows"]), later["offset"]) == (5, 15)
    odd = page.call("GET", "/page/blueprints/topic/entities", params={"offset": "-1"}).json()
    assert odd["offset"] == 0
    assert page.call("GET", "/page/blueprints/none/entities").status_code == 404
