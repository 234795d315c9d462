import copy

import pytest

from framework.errors import AuthError, PortRefusedError, PortUnavailableError
from framework.port import defaults
from framework.port.resources import Resources

CLUSTER = {
    "identifier": "cluster",
    "title": "Cluster",
    "schema": {"properties": {}},
    "aggregationProperties": {"topics": {"target": "topic"}},
}
TOPIC = {
    "identifier": "topic",
    "title": "Topic",
    "schema": {"properties": {}},
    "relations": {"cluster": {"target": "cluster"}},
    "ownership": {"type": "Direct"},
    "mirrorProperties": {"x": {"path": "cluster.x"}},
    "calculationProperties": {"y": {"calculation": ".a"}},
}
PLAIN = {"identifier": "plain", "schema": {"properties": {}}}
MAPPING = {"resources": [{"kind": "topic"}]}
RESOURCES = Resources("kafka", "0.2.0", "my-kafka", [TOPIC, CLUSTER, PLAIN], MAPPING)


class Notes:
    def __init__(self, *noted):
        self.kept = set(noted)
        self.history = []

    def noted_blueprints(self, identifier):
        return {blueprint for owner, blueprint in self.kept if owner == identifier}

    def note_blueprint(self, identifier, blueprint):
        self.history.append(("note", blueprint))
        self.kept.add((identifier, blueprint))

    def forget_blueprint(self, identifier, blueprint):
        self.history.append(("forget", blueprint))
        self.kept.discard((identifier, blueprint))


class Catalog:
    """Port's blueprints and integrations; `trouble` answers in its place where it has a word."""

    def __init__(self, kit):
        self.kit = kit
        self.blueprints = {}
        self.integrations = {}
        self.trouble = {}

    def __call__(self, asked):
        _, kind, *rest = asked.path.strip("/").split("/")
        stored = self.blueprints if kind == "blueprints" else self.integrations
        name = rest[0] if rest else asked.body.get("identifier") or asked.body["installationId"]
        trouble = self.trouble.get((asked.method, name))
        return trouble or getattr(self, asked.method)(stored, name, asked)

    def GET(self, stored, name, _):  # noqa: N802 - a method of HTTP
        if name not in stored:
            return self.kit.Reply(404, {"error": "not_found"})
        return self.kit.Reply(body={"blueprint": stored[name], "integration": stored[name]})

    def POST(self, stored, name, asked):  # noqa: N802
        if name in stored:
            return self.kit.Reply(409)
        stored[name] = copy.deepcopy(asked.body)
        return self.kit.Reply(201)

    def PATCH(self, stored, name, asked):  # noqa: N802
        targets = [each["target"] for each in asked.body.get("relations", {}).values()]
        if any(target not in self.blueprints for target in targets):
            return self.kit.Reply(422, {"message": "no such target"})
        stored[name] |= asked.body
        return self.kit.Reply(200)


@pytest.fixture
def catalog(port, kit):
    port.answer = Catalog(kit)
    return port.answer


def known(**more):
    return {
        "installationId": "my-kafka",
        "installationAppType": "kafka",
        "version": "0.2.0",
        "changelogDestination": {"type": "KAFKA"},
        "config": {"resources": []},
    } | more


def writes(port):
    return [
        (asked.method, asked.path.removeprefix("/v1/"), sorted(asked.body))
        for asked in port.asked
        if asked.method != "GET"
    ]


def test_blueprints_come_in_three_stages_and_the_integration_last(port, client, catalog):
    notes = Notes()

    defaults.register(client, RESOURCES, notes)

    assert writes(port)[:-1] == [
        ("POST", "blueprints", ["identifier", "schema", "title"]),
        ("POST", "blueprints", ["identifier", "schema", "title"]),
        ("POST", "blueprints", ["identifier", "schema"]),
        ("PATCH", "blueprints/topic", ["ownership", "relations"]),
        ("PATCH", "blueprints/topic", sorted(TOPIC)),
        ("PATCH", "blueprints/cluster", sorted(CLUSTER)),
    ]
    assert port.asked[-1].path == "/v1/integration"
    assert port.asked[-1].body["config"] == MAPPING
    assert catalog.blueprints == {"topic": TOPIC, "cluster": CLUSTER, "plain": PLAIN}
    assert notes.noted_blueprints("my-kafka") == {"topic", "cluster", "plain"}


def test_each_blueprint_is_noted_before_it_is_created(port, client, catalog, kit):
    notes = Notes()
    catalog.trouble["POST", "cluster"] = kit.Reply(drop=True)

    with pytest.raises(PortUnavailableError):
        defaults.register(client, RESOURCES, notes)
    assert notes.noted_blueprints("my-kafka") == {"topic", "cluster"}
    assert set(catalog.blueprints) == {"topic"}


@pytest.mark.parametrize(
    "broken",
    [
        ("POST", "topic"),
        ("POST", "cluster"),
        ("PATCH", "topic"),
        ("PATCH", "cluster"),
        ("POST", "my-kafka"),
    ],
)
def test_a_restart_resumes_what_was_begun(port, client, catalog, kit, broken):
    notes = Notes()
    catalog.trouble[broken] = kit.Reply(500)
    with pytest.raises(PortUnavailableError):
        defaults.register(client, RESOURCES, notes)
    assert catalog.integrations == {}

    catalog.trouble.clear()
    defaults.register(client, RESOURCES, notes)

    assert catalog.blueprints == {"topic": TOPIC, "cluster": CLUSTER, "plain": PLAIN}
    assert set(catalog.integrations) == {"my-kafka"}


def test_a_blueprint_created_while_the_answer_was_lost_is_ours(port, client, catalog):
    catalog.blueprints["topic"] = {"identifier": "topic", "schema": {"properties": {}}}

    defaults.register(client, RESOURCES, Notes(("my-kafka", "topic")))

    assert catalog.blueprints["topic"] == TOPIC


def test_a_blueprint_that_exists_is_left_as_it_is_and_never_noted(port, client, catalog):
    theirs = {"identifier": "topic", "title": "Theirs"}
    catalog.blueprints["topic"] = dict(theirs)
    notes = Notes(("another", "topic"))

    defaults.register(client, RESOURCES, notes)

    assert catalog.blueprints["topic"] == theirs
    assert ("note", "topic") not in notes.history
    assert catalog.blueprints["cluster"] == CLUSTER


@pytest.mark.parametrize("noted", [[], [("my-kafka", "topic")]])
def test_a_blueprint_somebody_creates_in_between_is_not_ours(port, client, catalog, kit, noted):
    notes = Notes(*noted)
    catalog.trouble["POST", "topic"] = kit.Reply(409)

    defaults.register(client, RESOURCES, notes)

    assert "topic" not in notes.noted_blueprints("my-kafka")
    assert ("PATCH", "blueprints/topic") not in [write[:2] for write in writes(port)]
    assert set(catalog.integrations) == {"my-kafka"}


@pytest.mark.parametrize("status", [401, 422])
def test_a_blueprint_port_refuses_is_raised_and_not_kept_as_ours(client, catalog, kit, status):
    notes = Notes()
    catalog.trouble["POST", "cluster"] = kit.Reply(status)

    with pytest.raises((PortRefusedError, AuthError)):
        defaults.register(client, RESOURCES, notes)
    assert notes.noted_blueprints("my-kafka") == {"topic"}
    assert "topic" in catalog.blueprints
    assert catalog.integrations == {}


def test_a_known_integration_gets_no_blueprints_and_no_call_without_need(port, client, catalog):
    catalog.integrations["my-kafka"] = known()

    defaults.register(client, RESOURCES, Notes())

    assert writes(port) == []
    assert len(port.asked) == 1


@pytest.mark.parametrize(
    ("differs", "changed"),
    [
        ({"version": "0.1.0"}, {"version": "0.2.0"}),
        ({"installationAppType": None}, {"installationAppType": "kafka"}),
        ({"changelogDestination": {}}, {"changelogDestination": {"type": "KAFKA"}}),
        ({"changelogDestination": None}, {"changelogDestination": {"type": "KAFKA"}}),
        ({"config": {}}, {"config": MAPPING}),
        ({"config": None}, {"config": MAPPING}),
    ],
)
def test_a_known_integration_is_told_what_differs(port, client, catalog, differs, changed):
    catalog.integrations["my-kafka"] = known(**differs)

    defaults.register(client, RESOURCES, Notes())

    assert [asked.body for asked in port.asked if asked.method == "PATCH"] == [changed]


def test_without_a_default_mapping_an_empty_one_stays(port, client, catalog):
    catalog.integrations["my-kafka"] = known(config={})

    defaults.register(client, Resources("kafka", "0.2.0", "my-kafka", [], {}), Notes())

    assert writes(port) == []


def test_an_integration_somebody_introduces_in_between_is_known(port, client, catalog, kit):
    port.script = [kit.Reply(404)]
    catalog.integrations["my-kafka"] = known(version="0.1.0")

    defaults.register(client, Resources("kafka", "0.2.0", "my-kafka", [], MAPPING), Notes())

    assert catalog.integrations["my-kafka"]["version"] == "0.2.0"
    assert catalog.integrations["my-kafka"]["config"] == {"resources": []}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_right_is_raised(port, client, catalog, kit, method):
    catalog.trouble[method, "my-kafka"] = kit.Reply(403)

    with pytest.raises(PortRefusedError, match="403"):
        defaults.register(client, Resources("kafka", "0.2.0", "my-kafka", [], {}), Notes())
