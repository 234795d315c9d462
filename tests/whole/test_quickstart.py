"""The committed config.yaml from its first start to its last, as the README's tour has it."""

import json
import re
import shutil
import signal
from contextlib import closing
from pathlib import Path

import pytest
import requests
import yaml
from kafka import KafkaAdminClient

from framework import state
from tests.conftest import ROOT, alive

ME = "kafka"
WITNESS = ROOT / "tests" / "fakes" / "witness"
CATALOG_SECONDS = 30
CHANGE_SECONDS = 10
TOPIC = "orders"


@pytest.fixture(scope="module")
def witness(tmp_path_factory):
    """A file with the argv of every program that the supervisor starts, a line each."""
    return tmp_path_factory.mktemp("witness") / "started"


@pytest.fixture(scope="module")
def house(shared_house, witness):
    shutil.copy(ROOT / "config.yaml", shared_house.config)
    shared_house.environ |= {"PYTHONPATH": str(WITNESS), "WITNESS": str(witness)}
    shared_house.start()
    shared_house.until("READY")
    return shared_house


@pytest.fixture
def admin(house):
    brokers = house.status()["sandbox"]["kafka"]
    with closing(KafkaAdminClient(bootstrap_servers=brokers)) as admin:
        yield admin


def started(witness):
    return [json.loads(line) for line in witness.read_text().splitlines()]


def uv_runs(witness):
    return [argv for argv in started(witness) if any(Path(word).name == "uv" for word in argv)]


def by_title(port, blueprint):
    return {entity["title"]: entity for entity in port.entities(blueprint).values()}


def test_it_prints_the_address_of_a_page_that_answers(house):
    found = house.eventually(
        lambda: re.search(r"^READY  page (http://\S+)$", house.log.read_text(), re.MULTILINE)
    )

    answer = requests.get(found[1], timeout=10)

    assert answer.status_code == 200
    assert "<html" in answer.text


def test_the_catalog_holds_the_broker_and_what_is_on_it_with_relations(house):
    port = house.port()
    groups = house.eventually(lambda: port.entities("kafkaConsumerGroup"), CATALOG_SECONDS)
    [cluster] = port.entities("kafkaCluster")
    [broker] = port.entities("kafkaBroker").values()
    topics = by_title(port, "kafkaTopic")
    requests_topic = topics["org_sandbox.integration.resync.requests"]

    assert broker["relations"] == {"cluster": cluster}
    assert topics.keys() == {"org_sandbox.change.log", "org_sandbox.integration.resync.requests"}
    assert requests_topic["relations"]["cluster"] == cluster
    assert requests_topic["relations"]["brokers"] == [broker["identifier"]]
    [group] = groups.values()
    instance = state.instance(house.state)
    assert group["title"] == f"org_sandbox.integration-framework.{instance}"
    assert group["relations"]["cluster"] == cluster
    assert group["relations"]["topics"] == [requests_topic["identifier"]]


def test_an_operator_s_resync_is_recorded_and_an_unknown_one_names_the_known(house):
    asked, unknown = house.command("resync", ME), house.command("resync", "nope")

    assert asked.returncode == 0
    event = asked.stdout.split()[2].rstrip(";")
    assert house.until_done(event, ME) == 1
    assert unknown.returncode == 1
    assert unknown.stderr == "error: no integration 'nope'; there are: kafka\n"


def test_status_for_people_and_for_programs_say_the_same(house):
    table, printed = house.command("status").stdout, house.command("status", "--json").stdout
    status = json.loads(printed)

    assert status.keys() == {"state", "triggers", "integrations", "sandbox"}
    assert status["sandbox"].items() >= {"state": "ready", "restarts": 0}.items()
    assert status["sandbox"]["url"] in table
    assert str(status["integrations"][0]["pid"]) in table


def test_a_topic_comes_and_goes_with_resyncs_asked_for_on_the_page(house, admin):
    port = house.port()
    assert TOPIC not in by_title(port, "kafkaTopic")

    admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1}})
    port.page_resync(ME)
    house.eventually(lambda: TOPIC in by_title(port, "kafkaTopic"), 30, "the new topic")
    assert by_title(port, "kafkaTopic")[TOPIC]["properties"]["partitionCount"] == 2

    admin.delete_topics([TOPIC])
    port.page_resync(ME)
    house.eventually(lambda: TOPIC not in by_title(port, "kafkaTopic"), 30, "its end")


def test_a_mapping_edited_on_the_page_changes_entities_through_kafka_without_a_restart(house):
    port, before = house.port(), house.one(ME)
    events = house.trigger()["counters"]["events"]
    mapping = yaml.safe_load(port.page_mapping(ME))
    topic = next(one for one in mapping["resources"] if one["kind"] == "topic")
    topic["port"]["entity"]["mappings"]["title"] = '"topic " + .name'

    port.set_page_mapping(ME, yaml.safe_dump(mapping))
    house.eventually(
        lambda: all(title.startswith("topic org_") for title in by_title(port, "kafkaTopic")),
        CHANGE_SECONDS,
        "the change",
    )

    assert house.one(ME)["pid"] == before["pid"]
    assert house.one(ME)["restarts"] == 0
    assert house.trigger()["counters"]["events"] == events + 1


def test_sigterm_ends_it_with_0_and_a_second_start_needs_no_uv(house, witness):
    family, catalog = house.family(), house.port().entities("kafkaTopic").keys()
    first = uv_runs(witness)
    assert first
    assert {one.name() for one in family} >= {"tansu"}

    assert house.stop(signal.SIGTERM) == 0
    assert alive(family) == []
    assert house.relatives() == []
    assert "Traceback" not in house.log.read_text()

    witness.unlink()
    house.start()
    house.until("READY")
    assert started(witness)
    assert uv_runs(witness) == []
    assert house.port().entities("kafkaTopic").keys() == catalog


def test_ctrl_c_ends_it_with_0(house):
    family = house.family()

    assert house.stop(signal.SIGINT) == 0
    assert alive(family) == []
    assert house.command("status").returncode == 3


def test_a_build_of_what_is_there_says_where_and_takes_no_time(house, witness):
    witness.unlink()
    [built] = json.loads(house.command("build", "--json").stdout)

    assert built.keys() == {"identifier", "type", "environment", "path", "seconds"}
    assert Path(built["path"]) == house.state / "environments" / "envs" / built["environment"]
    assert not witness.exists()
    assert built["environment"] in house.command("build").stdout
