"""The handlers, read from a real broker."""

import json
from itertools import chain

import main
import pytest
from kafka import KafkaConsumer


def by(key, pages):
    return {item[key]: item for item in chain.from_iterable(pages)}


@pytest.fixture
def member(broker):
    broker.create(visits=1)
    with KafkaConsumer(
        "visits", bootstrap_servers=broker.address, group_id="live", session_timeout_ms=6_000
    ) as consumer:
        for _ in range(30):
            consumer.poll(1_000)
            if consumer.assignment():
                break
        consumer.commit()
        yield consumer


def test_every_kind_of_the_spec_has_a_handler():
    assert main.integration.kinds == ["cluster", "broker", "topic", "consumer_group"]


def test_the_cluster_goes_by_its_own_id(read, broker):
    assert read(main.clusters) == [
        [{"id": "tansu_cluster", "bootstrapServers": broker.address, "brokerCount": 1}]
    ]


def test_a_broker_names_its_cluster_and_its_address(read, broker):
    [[found]] = read(main.brokers)

    assert found["id"] == f"tansu_cluster:{found['brokerId']}"
    assert found["clusterId"] == "tansu_cluster"
    assert f"{found['host']}:{found['port']}" == broker.address


def test_a_topic_tells_its_partitions_and_the_brokers_that_hold_them(read, broker):
    broker.create(orders=3)

    found = by("name", read(main.topics))["orders"]

    [[holder]] = read(main.brokers)
    node = holder["brokerId"]
    assert found["id"] == "tansu_cluster:orders"
    assert (found["partitionCount"], found["replicationFactor"]) == (3, 1)
    assert found["underReplicatedPartitions"] == 0
    assert found["brokers"] == [holder["id"]]
    assert found["partitions"][2] == {
        "partition": 2,
        "leader": node,
        "replicas": [node],
        "inSyncReplicas": [node],
        "offlineReplicas": [],
    }


def test_a_configuration_that_the_broker_does_not_tell_is_left_out(read, broker):
    broker.create(unconfigured=1)

    assert "configuration" not in by("name", read(main.topics))["unconfigured"]


def test_many_topics_come_as_several_pages(read, broker):
    broker.create(**{f"page-{number}": 1 for number in range(120)})

    pages = read(main.topics)

    assert all(len(page) <= main.PAGE for page in pages)
    assert {f"page-{number}" for number in range(120)} < set(by("name", pages))


def test_a_group_is_related_to_the_topics_it_has_committed(read, broker):
    broker.create(read=1, unread=1)
    broker.commit("billing", "read")

    found = by("groupId", read(main.consumer_groups))["billing"]

    assert found["id"] == "tansu_cluster:billing"
    assert found["topics"] == ["tansu_cluster:read"]
    assert found["state"] == "Empty"
    assert found["memberCount"] == 0


def test_a_group_is_not_related_to_a_topic_that_was_deleted(read, broker):
    broker.create(doomed=1, kept=1)
    broker.commit("mourning", "doomed")
    broker.commit("mourning", "kept")
    with broker.admin() as admin:
        admin.delete_topics(["doomed"])

    assert by("groupId", read(main.consumer_groups))["mourning"]["topics"] == ["tansu_cluster:kept"]


@pytest.mark.usefixtures("member")
def test_a_live_group_has_a_state_and_members_as_far_as_the_broker_tells(read):
    found = by("groupId", read(main.consumer_groups))["live"]

    assert found["state"] == "Stable"
    assert found["memberCount"] == 1
    assert set(found["members"][0]) == {"memberId"}  # Tansu leaves the rest blank


def test_raw_items_are_plain_json(read, broker):
    broker.create(plain=1)
    broker.commit("plainly", "plain")

    handlers = main.clusters, main.brokers, main.topics, main.consumer_groups
    pages = [read(handler) for handler in handlers]

    assert json.loads(json.dumps(pages)) == pages
