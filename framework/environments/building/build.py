"""Build one environment, aside from where environments are looked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution
from pathlib import Path

from msgspec import Struct

from framework.environments import credentials
from framework.environments.inputs import lines, sources
from framework.environments.inputs.inputs import Inputs
from framework.environments.installed import receipt
from framework.environments.installed.receipt import Receipt
from framework.environments.lock.lock import Lock
from framework.environments.uv.steps import Steps

COPY = "requirements.lock"  # exactly the lock that is in the key
PLACES = "places.txt"  # options that say where packages come from; a lock has none
KEPT = ".lock.txt"


class Order(Struct, frozen=True):
    """What is to be built, the key it will have, and why it is built."""

    key: str
    inputs: Inputs
    lock: Lock
    why: str = ""


def order(inputs: Inputs, lock: Lock) -> Order:
    """Order the environment that a lock leads to."""
    return Order(inputs.environment_key(lock.body), inputs, lock)


def build(order: Order, steps: Steps) -> Path:
    """Build the environment in the scratch folder, its receipt last; return where."""
    environment = steps.folder / "env"
    steps.create(environment, order.inputs.python.path)
    if packages := order.lock.lines:
        options = ["--require-hashes"] if order.lock.all_hashed() else []
        steps.install(environment, list(_files(order, steps)), options, len(packages))
    (environment / KEPT).write_text(credentials.redacted(order.lock.text))
    done = describe(order, environment, steps.seconds)
    receipt.seal(environment, done)
    steps.say(f"built in {done.seconds:.1f} s, packages: {len(done.packages)} ({order.why})")
    return environment


def _files(order: Order, steps: Steps) -> Iterator[str]:
    """Write what uv reads: the lock, and the options that no lock has; yield each file."""
    requirements = order.inputs.requirements
    copy = steps.folder / COPY
    copy.write_text("".join(f"{line}\n" for line in _copied(order, steps.folder)))
    steps.copies[str(copy)] = f"the lock of {requirements.source}"
    yield str(copy)
    if options := requirements.places + requirements.forms:
        (steps.folder / PLACES).write_text("".join(f"{line}\n" for line in options))
        yield str(steps.folder / PLACES)


def _copied(order: Order, folder: Path) -> Iterator[str]:
    """Yield the lines of the lock; what is installed from this machine is a copy that stays."""
    known = {source.path: source for source in order.inputs.sources}
    for number, line in enumerate(order.lock.lines):
        path = lines.local(line, order.inputs.requirements.folder)
        if path is None or path not in known:
            yield line
            continue
        copy = sources.copy(known[path], folder / "sources" / str(number))
        written = lines.token(line)
        assert written is not None
        yield line.replace(written, copy.as_uri() if ":" in written else str(copy), 1)


def describe(order: Order, environment: Path, seconds: float) -> Receipt:
    """Return the receipt of what was built; no process is started for it."""
    site_packages = next((environment / "lib").glob("python*/site-packages"))
    packages = [Distribution.at(info).metadata for info in site_packages.glob("*.dist-info")]
    return Receipt(
        key=order.key,
        python=order.inputs.python,
        uv=uv_version(environment),
        seconds=round(seconds, 3),
        packages=sorted(f"{package['Name']}=={package['Version']}" for package in packages),
        requirements=[credentials.redacted(line) for line in order.inputs.requirements.lines],
        site_packages=str(site_packages.relative_to(environment)),
        why=order.why,
        label=order.inputs.label,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def uv_version(environment: Path) -> str:
    """Return the version that uv wrote into the environment it created."""
    written = (environment / "pyvenv.cfg").read_text().splitlines()
    settings = dict(line.replace(" ", "").split("=", 1) for line in written if "=" in line)
    return settings.get("uv", "unknown")
