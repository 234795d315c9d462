"""Clusters, brokers, topics and consumer groups of Apache Kafka, or of what speaks its protocol."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import items
from connection import connected, servers
from items import Item
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import AuthorizationError, KafkaProtocolError, UnsupportedVersionError

from framework.sdk import Integration, Resync

PAGE = 100  # topics or groups that one request asks about
OLD = (2, 2)  # the protocol before it had rights; Tansu's answer to the newer one is unreadable
CANNOT_TELL = (AuthorizationError, UnsupportedVersionError, KafkaProtocolError)
CONSUMER_PROTOCOLS = ("consumer", "")  # "": offsets committed by hand; not "connect", "share", …

integration = Integration()


@integration.on_resync("cluster")
def clusters(resync: Resync) -> Iterator[list[Item]]:
    with connected(resync.config) as admin:
        yield [items.cluster(admin.describe_cluster(), servers(resync.config))]


@integration.on_resync("broker")
def brokers(resync: Resync) -> Iterator[list[Item]]:
    with connected(resync.config) as admin:
        cluster = admin.describe_cluster()
        yield [items.broker(_id(cluster, resync), broker) for broker in cluster["brokers"]]


@integration.on_resync("topic")
def topics(resync: Resync) -> Iterator[list[Item]]:
    with connected(resync.config) as admin:
        cluster = _id(admin.describe_cluster(), resync)
        for names in _slices(_topic_names(admin, resync.selector)):
            configurations = _answers(lambda asked: _configurations(admin, asked), names)
            yield [
                items.topic(cluster, topic, configurations.get(topic["name"]))
                for topic in admin.describe_topics(names)
                if not items.is_gone(topic)
            ]


@integration.on_resync("consumer_group")
def consumer_groups(resync: Resync) -> Iterator[list[Item]]:
    with connected(resync.config) as admin:
        cluster = _id(admin.describe_cluster(), resync)
        known = set(_topic_names(admin, resync.selector))
        listed = admin.list_groups()
        groups = [each for each in listed if each["protocol_type"] in CONSUMER_PROTOCOLS]
        for page in _slices(groups):
            names = [group["group_id"] for group in page]
            described = _descriptions(admin, resync.config, names)
            offsets = _answers(admin.list_group_offsets, names)
            yield [
                items.consumer_group(
                    cluster,
                    group | described.get(name, {}),
                    known.intersection(partition.topic for partition in offsets.get(name, ())),
                )
                for name, group in zip(names, page, strict=True)
            ]


def _id(cluster: dict[str, Any], resync: Resync) -> str:
    return items.cluster_id(cluster, servers(resync.config))


def _topic_names(admin: KafkaAdminClient, selector: dict[str, Any]) -> list[str]:
    internal_too = selector.get("includeInternal", False)
    listed = admin.describe_topics()
    return [topic["name"] for topic in listed if internal_too or not topic["is_internal"]]


def _configurations(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, Any]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    return admin.describe_configs(asked, config_filter="all").get("topic", {})


def _descriptions(
    admin: KafkaAdminClient, config: dict[str, Any], names: Sequence[str]
) -> dict[str, Any]:
    """Describe groups; groups of a newer protocol are only listed, not described."""
    try:
        described = _answers(admin.describe_groups, names)
    except ValueError:  # kafka-python 3.0.12 with Tansu: "15 is not a valid ACLOperation"
        with connected(config, api_version=OLD) as old:
            described = _answers(old.describe_groups, names)
    return {name: group for name, group in described.items() if not group["error"]}


def _answers(
    ask: Callable[[Sequence[str]], dict[str, Any]], names: Sequence[str]
) -> dict[str, Any]:
    """Ask about all names at once; where the broker refuses, halve them; skip what it hides."""
    try:
        return ask(names)
    except CANNOT_TELL:
        if len(names) == 1:
            return {}
    middle = len(names) // 2
    return _answers(ask, names[:middle]) | _answers(ask, names[middle:])


def _slices(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(found), PAGE):
        yield found[start : start + PAGE]
