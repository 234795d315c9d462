"""Make one environment, aside from where environments are looked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from framework.environments import credentials
from framework.environments.inputs import lines, sources
from framework.environments.inputs.inputs import Inputs
from framework.environments.installed import receipt
from framework.environments.installed.receipt import Receipt
from framework.environments.lock.lock import Lock
from framework.environments.uv.steps import Step, Steps

COPY = "requirements.lock"  # exactly the lock that is in the key
PLACES = "places.txt"  # options that say where packages come from; a lock has none
KEPT = ".lock.txt"
PIN = ("Name", "Version")


class Order(Struct, frozen=True):
    """What is to be built, the key it will have, and why it is built."""

    key: str
    inputs: Inputs
    lock: Lock
    why: str = ""


def build(order: Order, folder: Path, steps: Steps) -> None:
    """Build the environment as `folder`, which must not exist, its marker last."""
    python = order.inputs.python.path
    venv = ["venv", "--quiet", "--relocatable", "--no-project", "--python", python, str(folder)]
    steps.take(Step("creating the environment", venv))
    if order.lock.lines:
        _install(order, folder, steps)
    (folder / KEPT).write_text(credentials.redacted(order.lock.text))
    done = describe(order, folder, steps.seconds)
    receipt.seal(folder, done)
    steps.say(f"built in {done.seconds:.1f} s, packages: {len(done.packages)} ({order.why})")


def _install(order: Order, folder: Path, steps: Steps) -> None:
    files = _files(order, folder.parent, steps)
    python = ["--python", str(folder / "bin" / "python")]
    install = ["pip", "sync", "--quiet", *_rules(order), *python, *files]
    count = len(order.lock.lines)
    offline = Step(f"installing, packages: {count}", [*install, "--offline"])
    # What the cache has needs no index, and no waiting for one.
    if steps.offline or steps.run(offline).status != 0:
        steps.take(Step(f"fetching and installing, packages: {count}", install))
    steps.take(Step("checking what was installed", ["pip", "check", *python]))


def _rules(order: Order) -> Iterator[str]:
    if order.lock.all_hashed():
        yield "--require-hashes"
    for name in order.inputs.installation.only_binary:
        yield from ("--only-binary", name)


def _files(order: Order, aside: Path, steps: Steps) -> Iterator[str]:
    copy = aside / COPY
    copy.write_text("".join(f"{line}\n" for line in _copied(order, aside)))
    steps.copies[str(copy)] = f"the lock of {order.inputs.requirements.source}"
    yield str(copy)
    requirements = order.inputs.requirements
    if options := requirements.places + requirements.forms:
        (aside / PLACES).write_text("".join(f"{line}\n" for line in options))
        yield str(aside / PLACES)


def _copied(order: Order, aside: Path) -> Iterator[str]:
    """Yield the lines of the lock; what is installed from this machine is a copy that stays."""
    folder = order.inputs.requirements.folder
    known = {source.path: source for source in order.inputs.sources}
    for number, line in enumerate(order.lock.lines):
        path = lines.local(line, folder)
        if path is None or path not in known:
            yield line
            continue
        place = sources.copy(known[path], aside / "sources" / str(number))
        written = lines.token(line)
        assert written is not None
        yield line.replace(written, place.as_uri() if ":" in written else str(place), 1)


def describe(order: Order, folder: Path, seconds: float) -> Receipt:
    """Look at what was built; no process is started for it."""
    site_packages = next((folder / "lib").glob("python*/site-packages"))
    return Receipt(
        key=order.key,
        python=order.inputs.python,
        uv=uv_version(folder),
        seconds=round(seconds, 3),
        packages=sorted(_pin(info) for info in site_packages.glob("*.dist-info")),
        requirements=[credentials.redacted(line) for line in order.inputs.requirements.lines],
        site_packages=str(site_packages.relative_to(folder)),
        why=order.why,
        label=order.inputs.label,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _pin(info: Path) -> str:
    """Read the name and the version of a package; its description is long, and not looked at."""
    found: dict[str, str] = {}
    with (info / "METADATA").open(encoding="utf-8") as lines_:
        while len(found) < len(PIN) and (line := lines_.readline().strip()):
            name, _, value = line.partition(": ")
            if name in PIN:
                found[name] = value
    return "==".join(found[name] for name in PIN)


def uv_version(folder: Path) -> str:
    """Return the version that uv wrote into the environment it created."""
    lines_ = (folder / "pyvenv.cfg").read_text().splitlines()
    settings = dict(line.replace(" ", "").split("=", 1) for line in lines_ if "=" in line)
    return settings.get("uv", "unknown")
