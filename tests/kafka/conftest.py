"""Apache Kafka on free ports: KRaft, ACLs, SASL_SSL with SCRAM-SHA-512 and a plain listener."""

import hashlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from msgspec import Struct

from framework.process import bound

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "kafka"
BOOT_SECONDS = 90  # 4 s on an idle machine
NEEDED = {
    "java": "Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless)",
    "mvn": "Maven (Debian: apt-get install maven)",
    "openssl": "OpenSSL's command line (Debian: apt-get install openssl)",
}


class ApacheKafka(Struct, frozen=True):
    """A running broker: how it is reached, and what a test may do to it.

    `username` may read the topics it was granted and use groups named `org-1.…`, as Port's own
    user may; `watcher` may look at everything and change nothing, as an integration's user should.
    """

    bootstrap_plain: str
    bootstrap_ssl: str
    ca_file: str
    wrong_ca_file: str
    log_file: str
    username: str = "org-1"
    password: str = "secret-1"
    watcher: str = "watcher"
    watcher_password: str = "secret-2"

    def admin(self) -> KafkaAdminClient:
        """Return a client that may do everything, a context manager."""
        return KafkaAdminClient(bootstrap_servers=self.bootstrap_plain)

    def create_topic(self, topic: str, partitions: int = 1, **configs: str) -> None:
        """Create a topic, wait for its leaders; `_` in a setting's name stands for a dot."""
        settings = {name.replace("_", "."): value for name, value in configs.items()}
        wanted = {"num_partitions": partitions, "replication_factor": 1, "configs": settings}
        with self.admin() as admin:
            admin.create_topics({topic: wanted})
            admin.wait_for_topics([topic])

    def create_user(self, name: str, password: str) -> None:
        """Let a new user in on the TLS listener; it has no right to anything yet."""
        user = UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
        with self.admin() as admin:
            assert admin.alter_user_scram_credentials([user]) == {name: None}

    def grant_topic(self, topic: str) -> None:
        """Let `username` see and read one topic."""
        self.grant(self.username, ResourceType.TOPIC, topic, (ACLOperation.READ,))

    def grant(
        self,
        user: str,
        resource: ResourceType,
        name: str,
        operations: tuple[ACLOperation, ...],
    ) -> None:
        """Let a user do these things to one resource, to `*` or, with a dot last, to a prefix."""
        prefixed = name.endswith(".")
        kind = ACLResourcePatternType.PREFIXED if prefixed else ACLResourcePatternType.LITERAL
        pattern = ResourcePattern(resource, name, kind)
        rules = [
            ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)
            for operation in operations
        ]
        with self.admin() as admin:
            assert not admin.create_acls(rules)["failed"]


@pytest.fixture(scope="session")
def kafka() -> Iterator[ApacheKafka]:
    """Boot Apache Kafka once a session; fail, saying what is missing, where it cannot be booted."""
    _need("java", "openssl")
    libs = _jars()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-")))
        broker, process = _boot(folder, libs)
        stack.callback(_stop, process)
        _wait(lambda: "Kafka Server started" in Path(broker.log_file).read_text(), process, broker)
        _grant(broker)
        yield broker


def _need(*programs: str) -> None:
    missing = [f"`{name}`: {NEEDED[name]}" for name in programs if shutil.which(name) is None]
    if missing:
        pytest.fail(f"Apache Kafka needs what is not on PATH: {'; '.join(missing)}", pytrace=False)


def _jars() -> Path:
    """Return the folder of the jars that pom.xml names, fetched by Maven when it is not there."""
    pom = HERE / "pom.xml"
    libs = CACHE / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if libs.is_dir():
        return libs
    _need("mvn")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=CACHE) as folder:
        fresh = Path(folder, "libs")
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
        _run(["mvn", "-q", "-B", "-f", str(pom), *copy])
        fresh.rename(libs)
    return libs


def _boot(folder: Path, libs: Path) -> tuple[ApacheKafka, subprocess.Popen[bytes]]:
    ports = _free_ports("plain", "ssl", "controller")
    broker = ApacheKafka(
        bootstrap_plain=f"127.0.0.1:{ports['plain']}",
        bootstrap_ssl=f"127.0.0.1:{ports['ssl']}",
        ca_file=_certificate(folder, "server"),
        wrong_ca_file=_certificate(folder, "stranger"),
        log_file=str(folder / "broker.log"),
    )
    properties = folder / "server.properties"
    template = (HERE / "server.properties").read_text()
    properties.write_text(template.format(folder=folder, **ports))
    java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libs}/*"]
    _format(java, properties, broker)
    logging = f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"
    with Path(broker.log_file).open("wb") as log:
        argv = bound([*java, logging, "kafka.Kafka", str(properties)])
        return broker, subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder)


def _format(java: list[str], properties: Path, broker: ApacheKafka) -> None:
    users = (broker.username, broker.password), (broker.watcher, broker.watcher_password)
    scram = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in users]
    storage = [*java, "kafka.tools.StorageTool"]
    cluster = _run([*storage, "random-uuid"]).strip().splitlines()[-1]
    options = [option for user in scram for option in ("--add-scram", user)]
    _run([*storage, "format", "-t", cluster, "-c", str(properties), *options])


def _grant(broker: ApacheKafka) -> None:
    look, describe = (ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS), ACLOperation.DESCRIBE
    broker.grant(broker.username, ResourceType.GROUP, "org-1.", (ACLOperation.READ,))
    broker.grant(broker.watcher, ResourceType.TOPIC, "*", look)
    broker.grant(broker.watcher, ResourceType.GROUP, "*", (describe,))
    broker.grant(broker.watcher, ResourceType.CLUSTER, "kafka-cluster", look)


def _certificate(folder: Path, name: str) -> str:
    """Make a self-signed certificate and, for the broker, the same with its key in front."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", names]
    _run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject])
    (folder / f"{name}.pem").write_text(key.read_text() + certificate.read_text())
    return str(certificate)


def _free_ports(*names: str) -> dict[str, int]:
    with ExitStack() as stack:
        sockets = {name: stack.enter_context(closing(socket.socket())) for name in names}
        for each in sockets.values():
            each.bind(("127.0.0.1", 0))
        return {name: each.getsockname()[1] for name, each in sockets.items()}


def _run(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-3000:]
        pytest.fail(f"{' '.join(argv[:3])} … exit {done.returncode}:\n{said}", pytrace=False)
    return done.stdout


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], broker: ApacheKafka) -> None:
    deadline = time.monotonic() + BOOT_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = Path(broker.log_file).read_text()[-3000:]
            pytest.fail(f"Apache Kafka did not start:\n{tail}", pytrace=False)
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
