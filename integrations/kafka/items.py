"""Raw items from kafka-python's answers: plain keys, an `id` for Port, no empty values."""

import hashlib
from collections.abc import Iterable
from typing import Any

Item = dict[str, Any]

UNKNOWN_TOPIC = 3  # the protocol's error code: the topic was deleted while we were reading
LONGEST_ID = 1000  # characters in an identifier of Port
DIGEST = 32  # characters that stand for the rest of an identifier that is longer
PUNCTUATION = frozenset("@_.+:\\/-0123456789")  # what Port allows besides letters; not our `=`


def cluster_id(cluster: dict[str, Any], bootstrap_servers: str) -> str:
    """Return the cluster's id; before version 0.10.1 it has none and is named by its address."""
    return safe(cluster.get("cluster_id") or bootstrap_servers)


def cluster(described: dict[str, Any], bootstrap_servers: str) -> Item:
    """One Kafka cluster."""
    return {
        "id": cluster_id(described, bootstrap_servers),
        "bootstrapServers": bootstrap_servers,
        "brokerCount": len(described["brokers"]),
    }


def broker(cluster: str, described: dict[str, Any]) -> Item:
    """One broker of the cluster with this id."""
    return _filled(
        id=_broker_id(cluster, described["broker_id"]),
        clusterId=cluster,
        brokerId=described["broker_id"],
        host=described["host"],
        port=described["port"],
        rack=described.get("rack"),
        fenced=described.get("is_fenced"),
    )


def is_gone(topic: dict[str, Any]) -> bool:
    """Whether the topic was deleted between the listing and the description."""
    return topic["error_code"] == UNKNOWN_TOPIC


def topic(cluster: str, described: dict[str, Any], configuration: dict[str, Any] | None) -> Item:
    """One topic; `configuration` comes from describe_configs."""
    partitions = sorted(described["partitions"], key=lambda each: each["partition_index"])
    replicas = {node for each in partitions for node in each["replica_nodes"]}
    return {
        "id": f"{cluster}:{safe(described['name'])}",
        "clusterId": cluster,
        "name": described["name"],
        "internal": described["is_internal"],
    } | _filled(
        topicId=described.get("topic_id"),
        partitionCount=len(partitions),
        replicationFactor=max((len(each["replica_nodes"]) for each in partitions), default=None),
        underReplicatedPartitions=sum(map(_under_replicated, partitions)),
        partitions=[_partition(each) for each in partitions],
        brokers=[_broker_id(cluster, node) for node in sorted(replicas)],
        configuration=_values(configuration),
    )


def consumer_group(cluster: str, group: dict[str, Any], topics: Iterable[str]) -> Item:
    """One group, as listed and described; `topics` are those it has committed offsets for."""
    return _filled(
        id=_fit(f"{cluster}:{safe(group['group_id'])}"),
        clusterId=cluster,
        groupId=group["group_id"],
        state=None if group.get("group_state") == "Unknown" else group.get("group_state"),
        type=group.get("group_type"),
        protocolType=group["protocol_type"],
        assignor=group.get("protocol_data"),
        memberCount=len(group["members"]) if "members" in group else None,
        members=[_member(each) for each in group["members"]] if "members" in group else None,
        topics=[f"{cluster}:{safe(name)}" for name in sorted(topics)],
    )


def safe(text: str) -> str:
    """Write each byte that Port does not allow in an identifier as `=` and two hex digits."""
    return "".join(
        each if each.isalpha() or each in PUNCTUATION else _escaped(each) for each in text
    )


def _escaped(character: str) -> str:
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _fit(identifier: str) -> str:
    if len(identifier) <= LONGEST_ID:
        return identifier
    digest = hashlib.sha256(identifier.encode()).hexdigest()[:DIGEST]
    return f"{identifier[: LONGEST_ID - DIGEST - 2]}=={digest}"


def _broker_id(cluster: str, node: int) -> str:
    return f"{cluster}:{node}"


def _partition(described: dict[str, Any]) -> Item:
    return _filled(
        partition=described["partition_index"],
        leader=described["leader_id"] if described["leader_id"] >= 0 else None,
        replicas=described["replica_nodes"],
        inSyncReplicas=described["isr_nodes"],
        offlineReplicas=described.get("offline_replicas"),
    )


def _under_replicated(partition: dict[str, Any]) -> bool:
    return len(partition["isr_nodes"]) < len(partition["replica_nodes"])


def _values(configuration: dict[str, Any] | None) -> dict[str, str] | None:
    """Return the settings that are not secret, or None if there are none."""
    known = configuration or {}
    return {name: each["value"] for name, each in known.items() if not each["is_sensitive"]} or None


def _member(described: dict[str, Any]) -> Item:
    subscription = described.get("member_metadata") or {}
    assignment = described.get("member_assignment") or {}
    return _filled(
        memberId=described["member_id"],
        instanceId=described.get("group_instance_id"),
        clientId=described["client_id"],
        host=described["client_host"].removeprefix("/"),
        subscription=subscription.get("topics"),
        assignment=assignment.get("assigned_partitions"),
    )


def _filled(**fields: Any) -> Item:
    return {name: value for name, value in fields.items() if value not in (None, "")}
