"""Apache Kafka on free ports: KRaft, ACLs, SASL_SSL with SCRAM-SHA-512 and a plain listener."""

import hashlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
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
POM = HERE / "pom.xml"
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


class Server:
    """The broker's process, on its ports and its data each time that it is started."""

    def __init__(self, argv: list[str], log_file: Path):
        self._argv = bound(argv)
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is up."""
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self._argv, stdout=log, stderr=log, cwd=self._log_file.parent
            )
        deadline = time.monotonic() + BOOT_SECONDS
        while "Kafka Server started" not in self._log_file.read_text():
            if self.has_ended(0.1) or time.monotonic() > deadline:
                tail = self._log_file.read_text()[-3000:]
                pytest.fail(f"Apache Kafka did not start:\n{tail}", pytrace=False)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """Ask it to end, then insist."""
        self._process.terminate()
        if not self.has_ended(10):
            self.kill()

    def has_ended(self, seconds: float = 0) -> bool:
        """Tell whether it has ended, or ends within so many seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@pytest.fixture(scope="session")
def apache() -> Iterator[tuple[ApacheKafka, Server]]:
    """Boot Apache Kafka once a session; fail, saying what is missing, where it cannot be booted."""
    libs = _libs()
    _need("java", "openssl", *([] if libs.is_dir() else ["mvn"]))
    _fetch(libs)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-")))
        broker, server = _made(folder, libs)
        stack.callback(server.stop)
        server.start()
        _grant(broker)
        yield broker, server


@pytest.fixture(scope="session")
def kafka(apache: tuple[ApacheKafka, Server]) -> ApacheKafka:
    """Give the running broker."""
    return apache[0]


@pytest.fixture
def server(apache: tuple[ApacheKafka, Server]) -> Iterator[Server]:
    """Give its process, to a test that kills it."""
    server = apache[1]
    yield server
    if server.has_ended():
        server.start()


def _need(*programs: str) -> None:
    missing = [f"`{name}`: {NEEDED[name]}" for name in programs if shutil.which(name) is None]
    if missing:
        pytest.fail(f"Apache Kafka needs what is not on PATH: {'; '.join(missing)}", pytrace=False)


def _libs() -> Path:
    """Return the folder of the jars that pom.xml names, whether it is there or not."""
    return CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]


def _fetch(libs: Path) -> None:
    """Have Maven fetch the jars that are not there yet."""
    if libs.is_dir():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=CACHE) as folder:
        fresh = Path(folder, "libs")
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
        _run(["mvn", "-q", "-B", "-f", str(POM), *copy])
        fresh.rename(libs)


def _made(folder: Path, libs: Path) -> tuple[ApacheKafka, Server]:
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
    argv = [*java, logging, "kafka.Kafka", str(properties)]
    return broker, Server(argv, Path(broker.log_file))


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
