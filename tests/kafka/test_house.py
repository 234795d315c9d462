"""The whole house on Apache Kafka: trigger channel and source over TLS with a password."""

import json

import pytest

from framework import state

pytestmark = pytest.mark.kafka

ME = "apache"
OTHER = "apache-too"  # of another house: what is requested for it is not for the one that stays
REQUESTS = "org-1.integration.resync.requests"
CHANGES = "org-1.change.log"
HIDDEN = "org-1.not-granted"


def configuration(kafka, identifier=OTHER, sandbox=None, trigger=None, source=None):
    """Write config.yaml: Port is the sandbox, and hands out the credentials of Apache Kafka."""
    port = {
        "brokers": kafka.bootstrap_plain,
        "kafkaBrokers": [kafka.bootstrap_ssl],
        "kafkaUsername": kafka.username,
        "kafkaPassword": kafka.password,
        "orgId": "org-1",
    }
    channel = {"type": "KAFKA", "tls": {"caFile": kafka.ca_file}}
    cluster = {
        "bootstrap_servers": kafka.bootstrap_ssl,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_username": kafka.watcher,
        "sasl_password": kafka.watcher_password,
        "ssl_ca_file": kafka.ca_file,
    }
    config = {
        "port": {"baseUrl": "sandbox"},
        "sandbox": port | (sandbox or {}),
        "triggerChannel": channel | (trigger or {}),
        "integrations": [
            {"identifier": identifier, "type": "kafka", "config": cluster | (source or {})}
        ],
    }
    return json.dumps(config)


@pytest.fixture(scope="module")
def granted(kafka):
    """The organisation's topics may be read; whoever starts first makes them."""
    kafka.grant_topic(REQUESTS)
    kafka.grant_topic(CHANGES)
    return kafka


@pytest.fixture(scope="module")
def running(granted, shared_house):
    """A house that is READY and has read its source once."""
    channel = {"brokers": granted.bootstrap_ssl}
    shared_house.configure(configuration(granted, ME, trigger=channel))
    shared_house.start()
    shared_house.until("READY")
    completed(shared_house)
    return shared_house


def last_resync(house):
    """Return the report of the integration's last resync, {} before the first."""
    [integration] = (house.status() or {}).get("integrations") or [{}]
    return integration.get("lastResync") or {}


def completed(house):
    """Wait until the last resync is complete."""
    house.eventually(lambda: last_resync(house).get("status") == "completed", 40, "a whole resync")


def reason(house):
    return house.trigger().get("reason")


def counted(house, name):
    return house.trigger().get("counters", {}).get(name)


def heard(house, identifier, count):
    """Wait until the trigger has heard so many events and the last of them is done."""
    house.eventually(lambda: counted(house, "events") == count, 40, f"event number {count}")
    house.until_done(house.deliveries(identifier)[-1]["event"], identifier)


def named(port, blueprint):
    """Return the entities of a blueprint by title."""
    return {entity["title"]: entity for entity in port.entities(blueprint).values()}


def test_the_catalog_holds_cluster_broker_topics_and_groups(running):
    port = running.port()
    instance = state.instance(running.state)

    [cluster] = port.entities("kafkaCluster")
    [broker] = port.entities("kafkaBroker").values()
    topic = named(port, "kafkaTopic")[REQUESTS]
    group = named(port, "kafkaConsumerGroup")[f"org-1.integration-framework.{instance}"]

    assert broker["relations"] == {"cluster": cluster}
    assert topic["relations"] == {"cluster": cluster, "brokers": [broker["identifier"]]}
    assert topic["properties"]["configuration"]["retention.ms"]
    assert group["relations"] == {"cluster": cluster, "topics": [topic["identifier"]]}
    assert len(group["properties"]["members"]) == 1


def test_a_topic_comes_and_goes_with_resyncs_requested_on_the_page(running, granted):
    port = running.port()
    before = counted(running, "events")

    granted.create_topic("stock.counted", 2, retention_ms="60000")
    port.page_resync(ME)
    found = running.eventually(
        lambda: named(port, "kafkaTopic").get("stock.counted"), 20, "the new topic"
    )
    with granted.admin() as admin:
        admin.delete_topics(["stock.counted"])
    port.page_resync(ME)
    running.eventually(
        lambda: "stock.counted" not in named(port, "kafkaTopic"), 20, "the end of the topic"
    )

    assert found["properties"]["partitionCount"] == 2
    assert found["properties"]["configuration"]["retention.ms"] == "60000"
    assert counted(running, "events") == before + 2


def test_a_mapping_changed_on_the_page_changes_the_entities_within_ten_seconds(running):
    port = running.port()
    pid, before, text = running.one(ME)["pid"], counted(running, "events"), port.page_mapping(ME)

    port.set_page_mapping(ME, text.replace("title: .name", 'title: .name + " on Apache"'))
    running.eventually(
        lambda: f"{REQUESTS} on Apache" in named(port, "kafkaTopic"), 10, "the new title"
    )
    port.set_page_mapping(ME, text)
    running.eventually(lambda: REQUESTS in named(port, "kafkaTopic"), 10, "the old title")

    assert counted(running, "events") == before + 2
    assert (running.one(ME)["pid"], running.one(ME)["restarts"]) == (pid, 0)


def test_a_broker_that_was_killed_is_heard_again(running, server):
    port = running.port()
    before = counted(running, "events")

    server.kill()
    running.eventually(lambda: "start the broker" in (reason(running) or ""), 40, "the reason")
    server.start()
    running.eventually(lambda: running.trigger()["state"] == "listening", 40, "listening")
    port.page_resync(ME)
    heard(running, ME, before + 1)

    running.until("READY", 40)
    assert last_resync(running)["status"] == "completed"


def test_a_topic_that_is_not_granted_is_named_and_the_granted_one_is_heard(granted, house):
    granted.create_topic(HIDDEN)
    house.configure(configuration(granted, trigger={"topics": [REQUESTS, HIDDEN]}))
    house.start()

    [trigger] = house.until("DEGRADED")["triggers"]
    completed(house)
    house.port().page_resync(OTHER)
    heard(house, OTHER, 1)

    assert trigger["state"] == "degraded"
    assert f"topic {HIDDEN!r} may not be read with these credentials" in trigger["reason"]
    assert REQUESTS not in trigger["reason"]


def refused(granted, house, **wrong):
    """Have the trigger fail; return its status once the integration has resynced all the same."""
    house.configure(configuration(granted, **wrong))
    house.start()
    house.until("DEGRADED")
    completed(house)
    assert house.port().entities("kafkaCluster")
    return house.trigger()


def test_a_wrong_password_is_named_and_holds_nothing_back_and_once_right_all_resync(granted, house):
    trigger = refused(granted, house, sandbox={"kafkaPassword": "wr0ng"})

    house.configure(configuration(granted))
    house.sandbox().kill()  # started again, it reads its settings anew
    house.until("READY")
    house.eventually(lambda: len(house.deliveries(OTHER)) == 2, 20, "a second resync")

    assert trigger["state"] == "failed"
    assert "the brokers refuse the user or the password: they are asked of" in trigger["reason"]
    assert "wr0ng" not in trigger["reason"]
    assert "wr0ng" not in house.log.read_text()


def test_a_certificate_that_is_not_trusted_is_named_and_holds_nothing_back(granted, house):
    trigger = refused(granted, house, trigger={"tls": {"caFile": granted.wrong_ca_file}})

    assert trigger["state"] == "failed"
    assert "not from a CA that is trusted here: set triggerChannel.tls.caFile" in trigger["reason"]


def test_a_source_that_refuses_the_password_is_named_in_the_last_resync(granted, house):
    house.configure(configuration(granted, source={"sasl_password": "wr0ng"}))
    house.start()
    house.until("READY")
    house.eventually(lambda: last_resync(house).get("status") == "failed", 40, "a failed resync")

    assert "check sasl_username and sasl_password" in str(last_resync(house))
    assert "wr0ng" not in house.log.read_text()
    assert house.port().resync_state(OTHER) == "failed"


def test_an_organisation_without_the_flag_is_heard_on_its_change_log(granted, house):
    house.configure(configuration(granted, sandbox={"featureFlags": []}))
    house.start()
    house.until("READY")
    states_passed_over(house, 2)  # running, completed: written by the resync at the start

    house.port().page_resync(OTHER)
    states_passed_over(house, 4)

    assert counted(house, "records") == 5
    assert counted(house, "events") == 1
    at_start, asked = house.deliveries(OTHER)
    assert at_start["event"].startswith("supervisor:")
    assert asked["event"].startswith(f"kafka:{CHANGES}:0:")


def states_passed_over(house, count):
    """Wait for so many records of change.log that only tell of resync states we wrote ourselves."""
    house.eventually(lambda: counted(house, "unrelated") == count, 40, f"{count} states")
