"""The sandbox as a process of its own: real HTTP, the real broker, deaths and restarts."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from kafka import KafkaConsumer, TopicPartition

from framework.errors import FrameworkError
from framework.sandbox.address import Address
from framework.sandbox.assembly import running
from framework.sandbox.kafka.broker import Broker
from framework.sandbox.sandbox_process import SandboxProcess
from framework.sandbox.serve import becomes_ready, serve
from framework.sandbox.settings import Sandbox

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
PROGRAM = """
import logging, sys
from pathlib import Path
from urllib.parse import urlsplit
import msgspec
from framework import kernel
from framework.errors import FrameworkError
from framework.sandbox.serve import serve
from framework.sandbox.settings import Sandbox
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
try:
    serve(msgspec.json.decode(sys.argv[2], type=Sandbox), Path(sys.argv[1]))
except FrameworkError as error:
    sys.exit(str(error))
"""
ADOPTER = """
import json, sys, threading, time
import psutil
from framework import kernel
from framework.sandbox.sandbox_process import SandboxProcess
kernel.adopt_orphans()
stop = threading.Event()
sandbox = SandboxProcess(json.loads(sys.argv[1]), stop)
sandbox.start()
sandbox.ready(20)
psutil.Process().children()[0].kill()
while sandbox.status.restarts == 0 or sandbox.status.state != "ready":
    time.sleep(0.05)
dead = [one.name() for one in psutil.Process().children() if one.status() == psutil.STATUS_ZOMBIE]
print(dead)
stop.set()
sandbox.join(20)
"""
CHANGES = "org_sandbox.change.log"
REQUESTS = "org_sandbox.integration.resync.requests"


def argv(state: Path, **settings: Any) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(state), json.dumps(settings)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        pause.wait(0.05)
    raise AssertionError("it did not happen in time")


class Watcher:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def renew(self) -> None:
        self.heard.append("renew")

    def suspend(self) -> None:
        self.heard.append("suspend")


class Port:
    def __init__(self, address: Address):
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        credentials = {"clientId": address.client_id, "clientSecret": address.client_secret}
        token = self.call("POST", "auth/access_token", credentials)["accessToken"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self._address.url}/v1/{path}"
        answer = self._session.request(method, url, json=body, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()


def records(kafka: str, topic: str) -> list[Any]:
    """Everything that a topic holds now."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        found = []
        deadline = time.monotonic() + SECONDS
        while consumer.position(partition) < end and time.monotonic() < deadline:
            for batch in consumer.poll(timeout_ms=500).values():
                found += [json.loads(record.value) for record in batch]
        return found
    finally:
        consumer.close()


def broker_of(pid: int) -> psutil.Process | None:
    children = psutil.Process(pid).children(recursive=True)
    return next((child for child in children if child.name() == "tansu"), None)


def is_dead(found: psutil.Process) -> bool:
    return not found.is_running() or found.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def keep(tmp_path) -> Iterator[Callable[..., SandboxProcess]]:
    stop = threading.Event()
    made = []

    def make(command: list[str] | None = None, **settings: Any) -> SandboxProcess:
        sandbox = SandboxProcess(command or argv(tmp_path, **settings), stop, environment())
        made.append(sandbox)
        sandbox.start()
        return sandbox

    yield make
    stop.set()
    for sandbox in made:
        sandbox.join(SECONDS)
        assert not sandbox.is_alive()
        assert sandbox.status.state == "down"


def child_of(sandbox: SandboxProcess) -> psutil.Process:
    """The only child of ours whose command line holds the sandbox's program."""
    children = psutil.Process().children()
    return next(child for child in children if any("sandbox.serve" in a for a in child.cmdline()))


def test_a_mapping_that_changes_and_a_resync_that_is_asked_for_arrive_on_kafka(keep):
    address = keep().ready(SECONDS)
    port = Port(address)
    assert port.call("GET", "kafka-credentials")["credentials"]["brokers"] == [address.kafka]
    port.call("POST", "integration", {"installationId": "a"})
    port.call("PATCH", "integration/a/config", {"config": {"resources": []}})
    port.call("PATCH", "integration/a", {})
    until(lambda: len(records(address.kafka, REQUESTS)) == 2)
    requests_ = records(address.kafka, REQUESTS)
    assert [one["context"]["integrationId"] for one in requests_] == ["a", "a"]
    assert [one["action"] for one in records(address.kafka, CHANGES)] == ["UPDATE", "RESYNC"]


def test_a_sandbox_that_is_killed_comes_back_as_it_was(keep):
    sandbox = keep()
    address = sandbox.ready(SECONDS)
    Port(address).call("POST", "integration", {"installationId": "a"})
    child = child_of(sandbox)
    broker = broker_of(child.pid)
    child.kill()
    until(lambda: sandbox.status.restarts == 1 and sandbox.status.state == "ready")
    assert sandbox.status.address == address
    assert is_dead(broker)
    assert Port(address).call("GET", "integration/a")["integration"]["identifier"] == "a"


def test_a_broker_that_is_killed_comes_back_with_its_topics_and_later_messages(keep):
    sandbox = keep()
    address = sandbox.ready(SECONDS)
    port = Port(address)
    port.call("POST", "integration", {"installationId": "a"})
    broker = broker_of(child_of(sandbox).pid)
    broker.kill()
    began = time.monotonic()
    port.call("PATCH", "integration/a", {})
    assert time.monotonic() - began < 1
    until(lambda: broker_of(child_of(sandbox).pid) and records(address.kafka, REQUESTS))
    assert len(records(address.kafka, REQUESTS)) == 1
    assert sandbox.status.restarts == 0


def test_all_of_it_listens_on_this_machine_alone(keep):
    address = keep().ready(SECONDS)
    ports = {urlsplit(address.url).port, int(address.kafka.rpartition(":")[2])}
    listening = [
        (connection.laddr.ip, connection.laddr.port)
        for connection in psutil.net_connections(
            "tcp"
        )  # of any process: some are not for us to see
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
    ]
    assert sorted(listening) == [("127.0.0.1", port) for port in sorted(ports)]


def test_it_ends_with_0_on_sigterm_and_prints_its_address_alone(tmp_path):
    child = subprocess.Popen(
        argv(tmp_path),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = child.stdout.readline()
    broker = broker_of(child.pid)
    child.send_signal(signal.SIGTERM)
    rest, complaints = child.communicate(timeout=SECONDS)
    assert set(json.loads(line)) == {"url", "kafka", "clientId", "clientSecret"}
    assert (child.returncode, rest) == (0, ""), complaints
    assert is_dead(broker)


def test_a_broker_that_was_adopted_is_buried(tmp_path):
    """In a process of its own: only there orphans come to whoever keeps the sandbox."""
    command = [sys.executable, "-c", ADOPTER, json.dumps(argv(tmp_path))]
    ended = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr


def test_serving_ends_with_a_signal(tmp_path, capsys):
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    printed = []

    def end() -> None:
        printed.append(until(lambda: capsys.readouterr().out))
        os.kill(os.getpid(), signal.SIGINT)

    ender = threading.Thread(target=end)
    ender.start()
    try:
        serve(Sandbox(), tmp_path)
    finally:
        ender.join(SECONDS)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert json.loads(printed[0])["url"].startswith("http://127.0.0.1:")


def test_a_sandbox_without_a_reachable_broker_of_ones_own_is_not_ready(tmp_path):
    with running(Sandbox(brokers="127.0.0.1:1"), tmp_path) as parts:
        until(lambda: parts.server.ready)
        assert not parts.ready()
        with pytest.raises(FrameworkError, match=r"127\.0\.0\.1:1 did not take connections"):
            becomes_ready(parts, threading.Event(), 0.1)
        stop = threading.Event()
        stop.set()
        assert not becomes_ready(parts, stop, SECONDS)
    with pytest.raises(FrameworkError, match="ended unexpectedly"):
        parts.check()


def test_a_broker_that_is_killed_is_started_again_in_place(tmp_path):
    with running(Sandbox(), tmp_path) as parts:
        assert becomes_ready(parts, threading.Event(), SECONDS)
        first = broker_of(os.getpid())
        first.kill()
        until(lambda: broker_of(os.getpid()) not in {None, first})
        parts.check()
    assert broker_of(os.getpid()) is None


def test_a_program_that_is_no_broker_is_tried_again(caplog):
    watcher = Watcher()
    broker = Broker([sys.executable, "-c", "print('no broker')"], 1, watcher)
    broker.start()
    until(lambda: sum("ended with status 0" in text for text in caplog.messages) > 1)
    broker.end()
    broker.join(SECONDS)
    assert set(watcher.heard) == {"suspend"}
    assert not broker.is_alive()


def test_configured_ports_and_credentials_are_used(keep):
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        port, kafka_port = one.getsockname()[1], two.getsockname()[1]
    address = keep(port=port, kafkaPort=kafka_port, clientId="me", clientSecret="s").ready(SECONDS)
    assert address == Address(f"http://127.0.0.1:{port}", f"127.0.0.1:{kafka_port}", "me", "s")


def test_a_broker_of_ones_own_is_used_in_place_of_ours(keep, tmp_path):
    first = keep().ready(SECONDS)
    second = keep(argv(tmp_path / "other", brokers=first.kafka, orgId="org_other"))
    address = second.ready(SECONDS)
    assert address.kafka == first.kafka
    port = Port(address)
    port.call("POST", "integration", {"installationId": "a"})
    port.call("PATCH", "integration/a", {})
    until(lambda: records(first.kafka, "org_other.change.log"))


def test_a_sandbox_that_cannot_start_says_why_and_is_tried_again(keep):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sandbox = keep(port=taken.getsockname()[1])
        with pytest.raises(FrameworkError, match=r"sandbox\.port: .* in use"):
            sandbox.ready(SECONDS)
    until(lambda: sandbox.status.state == "ready")
    assert sandbox.status.restarts >= 1


def test_a_program_that_is_missing_or_talks_nonsense_is_down(keep):
    missing = keep([sys.executable, "-c", "print('hello'); raise SystemExit(3)"])
    with pytest.raises(FrameworkError, match="status 3"):
        missing.ready(SECONDS)


def test_waiting_for_a_silent_sandbox_has_an_end(keep):
    silent = keep([sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(FrameworkError, match="not ready within"):
        silent.ready(0.2)


def test_a_second_sandbox_on_the_same_folder_is_refused_by_the_pid_of_the_first(keep, tmp_path):
    sandbox = keep()
    sandbox.ready(SECONDS)
    first = child_of(sandbox)
    done = subprocess.run(
        argv(tmp_path),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 1
    assert f"belongs to the sandbox with pid {first.pid}; stop that one" in done.stderr
    assert first.is_running()
