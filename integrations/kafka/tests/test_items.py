"""What becomes of an answer that no broker at hand would give."""

import re

import items
import pytest

PORT = re.compile(r"[^\W_]+|[0-9@_.+:\\/=-]+")  # letters and digits, and the rest Port allows


def group(**fields):
    return {"group_id": "g", "protocol_type": "consumer", **fields}


@pytest.mark.parametrize("name", ["a b", "$1#", "50%", "x,y;z", "tab\there", "smile🙂", "½", "²"])
def test_a_group_id_of_any_sort_becomes_an_identifier_that_port_takes(name):
    identifier = items.consumer_group("c", group(group_id=name), [])["id"]

    assert re.sub(PORT, "", identifier) == ""
    assert "½" not in identifier
    assert "²" not in identifier


def test_two_groups_never_share_an_identifier():
    names = ["a b", "a=20b", "a=b", "a_b", "ab", "A b", "a\u00a0b"]

    found = {items.consumer_group("c", group(group_id=name), [])["id"] for name in names}

    assert len(found) == len(names)


def test_letters_of_any_script_stay_as_they_are():
    assert items.safe("größe.日本") == "größe.日本"


def test_a_very_long_group_id_is_cut_and_stays_its_own():
    first, second = (
        items.consumer_group("c", group(group_id="x" * 2_000 + end), [])["id"] for end in "ab"
    )

    assert len(first) == len(second) == 1_000
    assert first != second


def test_a_cluster_without_an_id_goes_by_its_address():
    told = {"cluster_id": None, "brokers": []}

    assert items.cluster(told, "a:9092,b:9092")["id"] == "a:9092=2Cb:9092"


def test_a_group_that_is_only_listed_has_no_members_instead_of_none():
    found = items.consumer_group("c", group(group_state="Stable", group_type="consumer"), ["t"])

    assert found["state"] == "Stable"
    assert found["type"] == "consumer"
    assert found["topics"] == ["c:t"]
    assert not {"memberCount", "members"} & set(found)


def test_a_state_that_the_broker_does_not_know_is_left_out():
    assert "state" not in items.consumer_group("c", group(group_state="Unknown"), [])


def test_a_partition_without_a_leader_has_none_and_counts_as_under_replicated():
    partition = {
        "partition_index": 0,
        "leader_id": -1,
        "replica_nodes": [1, 2],
        "isr_nodes": [1],
        "offline_replicas": [2],
    }
    topic = {"name": "t", "is_internal": False, "partitions": [partition]}

    found = items.topic("c", topic, None)

    assert "leader" not in found["partitions"][0]
    assert found["underReplicatedPartitions"] == 1
    assert found["brokers"] == ["c:1", "c:2"]


def test_a_secret_in_a_configuration_is_left_out():
    topic = {"name": "t", "is_internal": False, "partitions": []}
    told = {
        "retention.ms": {"value": "1", "is_sensitive": False},
        "password": {"value": None, "is_sensitive": True},
    }

    assert items.topic("c", topic, told)["configuration"] == {"retention.ms": "1"}
