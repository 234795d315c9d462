"""integrations/kafka reads Apache Kafka over TLS with a password, and says what hinders it."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType, SimpleNamespace

import jq
import pytest
import yaml
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ACLOperation, ResourceType
from kafka.structs import OffsetAndMetadata

from framework.sdk import AuthError, ConfigError, TransientError

pytestmark = pytest.mark.kafka

FOLDER = Path(__file__).resolve().parents[2] / "integrations" / "kafka"
RESOURCES = FOLDER / ".port" / "resources"
IDENTIFIER = re.compile(r"[\w@.+:\\/=-]+")


@pytest.fixture(scope="module")
def source() -> Iterator[ModuleType]:
    """main.py, imported as the sdk's bootstrap does: its folder last on the path."""
    sys.path.append(str(FOLDER))
    spec = importlib.util.spec_from_file_location("integration_main", FOLDER / "main.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(FOLDER))


@pytest.fixture
def config(kafka):
    return {
        "bootstrap_servers": kafka.bootstrap_ssl,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_username": kafka.watcher,
        "sasl_password": kafka.watcher_password,
        "ssl_ca_file": kafka.ca_file,
    }


@pytest.fixture(scope="module")
def shop(kafka):
    """Topics with a configuration, a group that only committed, and one with a member."""
    kafka.create_topic("shop.orders", 2, retention_ms="60000")
    kafka.create_topic("shop.hidden")
    with kafka.admin() as admin:
        position = {TopicPartition("shop.orders", 1): OffsetAndMetadata(0, "", -1)}
        admin.alter_group_offsets("shop idle #1", position)
    with KafkaConsumer(
        "shop.orders",
        bootstrap_servers=kafka.bootstrap_plain,
        group_id="shop.live",
        client_id="till",
    ) as consumer:
        for _ in range(30):
            consumer.poll(1_000)
            if consumer.assignment():
                break
        consumer.commit()
        yield


def read(handler, config, **selector):
    pages = list(handler(SimpleNamespace(config=config, selector=selector)))
    return list(chain.from_iterable(pages))


def by(key, items):
    return {item[key]: item for item in items}


@pytest.mark.usefixtures("shop")
def test_a_topic_has_its_configuration_and_its_cluster_and_brokers(source, config):
    [cluster] = read(source.clusters, config)
    [broker] = read(source.brokers, config)

    topic = by("name", read(source.topics, config))["shop.orders"]

    assert broker["clusterId"] == topic["clusterId"] == cluster["id"]
    assert broker["fenced"] is False
    assert topic["brokers"] == [broker["id"]]
    assert topic["partitionCount"] == 2
    assert topic["configuration"]["retention.ms"] == "60000"
    assert len(topic["configuration"]) > 20


@pytest.mark.usefixtures("shop")
def test_kafkas_own_topics_come_only_where_the_selector_asks(source, config):
    assert "__consumer_offsets" not in by("name", read(source.topics, config))
    assert "__consumer_offsets" in by("name", read(source.topics, config, includeInternal=True))


@pytest.mark.usefixtures("shop")
def test_a_live_group_has_members_with_what_they_read(source, config):
    topic = by("name", read(source.topics, config))["shop.orders"]

    group = by("groupId", read(source.consumer_groups, config))["shop.live"]

    assert (group["state"], group["type"], group["protocolType"]) == (
        "Stable",
        "classic",
        "consumer",
    )
    assert group["topics"] == [topic["id"]]
    [member] = group["members"]
    assert (member["clientId"], member["subscription"]) == ("till", ["shop.orders"])
    assert member["assignment"] == [{"topic": "shop.orders", "partitions": [0, 1]}]


@pytest.mark.usefixtures("shop")
def test_a_group_without_members_is_empty_and_keeps_its_topics(source, config):
    group = by("groupId", read(source.consumer_groups, config))["shop idle #1"]

    assert (group["state"], group["memberCount"]) == ("Empty", 0)
    assert [name.split(":")[1] for name in group["topics"]] == ["shop.orders"]


@pytest.mark.usefixtures("shop")
def test_what_a_user_may_not_see_is_left_out_and_nothing_fails(kafka, source, config):
    kafka.create_user("half", "secret-3")
    describe = (ACLOperation.DESCRIBE,)
    kafka.grant("half", ResourceType.CLUSTER, "kafka-cluster", describe)
    kafka.grant("half", ResourceType.TOPIC, "shop.orders", describe)
    kafka.grant("half", ResourceType.GROUP, "shop.live", describe)
    config |= {"sasl_username": "half", "sasl_password": "secret-3"}

    [topic] = read(source.topics, config)
    groups = by("groupId", read(source.consumer_groups, config))

    assert topic["name"] == "shop.orders"
    assert "configuration" not in topic
    assert groups["shop.live"]["memberCount"] == 1
    assert groups["shop idle #1"]["state"] == "Empty"
    assert "members" not in groups["shop idle #1"]


def test_a_wrong_password_is_named_and_not_shown(kafka, source, config):
    with pytest.raises(AuthError, match=r"invalid credentials.*check sasl_username") as caught:
        read(source.clusters, config | {"sasl_password": "wr0ng"})

    assert kafka.bootstrap_ssl in str(caught.value)
    assert "wr0ng" not in str(caught.value)


def test_a_mechanism_that_the_listener_does_not_offer_is_named(source, config):
    with pytest.raises(ConfigError, match=r"UnsupportedSaslMechanism.*another sasl_mechanism"):
        read(source.clusters, config | {"sasl_mechanism": "PLAIN"})


def test_plain_text_at_a_tls_listener_is_named(source, config):
    with pytest.raises(ConfigError, match="wants TLS: check security_protocol"):
        read(source.clusters, config | {"security_protocol": "PLAINTEXT"})


def test_a_certificate_by_a_stranger_is_not_trusted(kafka, source, config):
    with pytest.raises(ConfigError, match=r"CERTIFICATE_VERIFY_FAILED.*check ssl_ca_file"):
        read(source.clusters, config | {"ssl_ca_file": kafka.wrong_ca_file})


def test_sasl_at_a_listener_that_takes_none_is_named(kafka, source, config):
    config |= {"bootstrap_servers": kafka.bootstrap_plain, "security_protocol": "SASL_PLAINTEXT"}

    with pytest.raises(ConfigError, match="takes no SASL: check security_protocol"):
        read(source.clusters, config)


def test_tls_at_a_plain_listener_is_named(kafka, source, config):
    config |= {"bootstrap_servers": kafka.bootstrap_plain, "security_protocol": "SSL"}

    with (
        pytest.raises(TransientError, match="check security_protocol: no TLS there"),
        source.connected(config, bootstrap_timeout_ms=1_000),
    ):
        pytest.fail("there is a connection")


@pytest.mark.usefixtures("shop")
def test_the_default_mapping_fills_every_property_and_relation(source, config):
    blueprints = by("identifier", json.loads((RESOURCES / "blueprints.json").read_text()))
    resources = yaml.safe_load((RESOURCES / "port-app-config.yaml").read_text())["resources"]
    handlers = (source.clusters, source.brokers, source.topics, source.consumer_groups)

    for resource, handler in zip(resources, handlers, strict=True):
        rules = resource["port"]["entity"]["mappings"]
        blueprint = blueprints[json.loads(rules["blueprint"])]
        assert set(rules.get("properties", {})) == set(blueprint["schema"]["properties"])
        assert set(rules.get("relations", {})) == set(blueprint["relations"])
        for item in read(handler, config):
            assert IDENTIFIER.fullmatch(jq.compile(rules["identifier"]).input_value(item).first())
            for rule in chain(rules["properties"].values(), rules.get("relations", {}).values()):
                jq.compile(rule).input_value(item).first()
