"""Make one environment, aside from where environments are looked for."""

import re
import time
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from threading import Event

from msgspec import Struct

from framework.environments import complaint, installer, receipt
from framework.environments.installer import Uv
from framework.environments.python import Python
from framework.environments.receipt import Receipt
from framework.environments.requirements import Requirements
from framework.errors import BuildError

COPY = "requirements.txt"  # exactly the text that is in the key, whoever edits the original now

Say = Callable[[str], None]


class Order(Struct, frozen=True):
    """What is to be built, and the key it will have."""

    key: str
    requirements: Requirements
    python: Python


class Step(Struct, frozen=True):
    """One call of uv; `name` is what operators read while it runs and when it fails."""

    name: str
    arguments: list[str]


def build(order: Order, folder: Path, uv: Uv, stop: Event, say: Say) -> None:
    """Build the environment as `folder`, which must not exist, its marker last."""
    started = time.monotonic()
    label = order.requirements.label
    copy = folder.with_name(COPY)
    copy.write_text(order.requirements.text)
    for step in steps(order, folder, copy):
        say(f"{label}: {step.name}")
        take(step, order, uv, stop)
    done = describe(order, folder, time.monotonic() - started)
    receipt.seal(folder, done)
    say(f"{label}: built in {done.seconds:.1f} s, packages: {len(done.packages)}")


def steps(order: Order, folder: Path, copy: Path) -> Iterator[Step]:
    """Say what uv has to do; an environment without requirements needs no index."""
    venv = ["venv", "--quiet", "--relocatable", "--no-project"]
    yield Step("creating the environment", [*venv, "--python", order.python.path, str(folder)])
    count = len(order.requirements.lines)
    if not count:
        return
    target = ["--python", str(folder / "bin" / "python")]
    install = ["pip", "install", "--quiet", *target, "--requirements", str(copy)]
    yield Step(f"resolving and installing, requirements: {count}", install)
    yield Step("checking what was installed", ["pip", "check", *target])


def take(step: Step, order: Order, uv: Uv, stop: Event) -> None:
    """Run one step; raise BuildError with uv's own words if it fails."""
    source = order.requirements.source
    what = f"{source}: {step.name}"
    try:
        completed = uv.run(step.arguments, stop)
    except TimeoutError as error:
        raise BuildError(
            f"{what} did not end within {installer.LIMIT_SECONDS:.0f} s and was ended. "
            "Check that the package index answers, or ask for packages that need no compiling."
        ) from error
    if completed.status != 0:
        explained = complaint.explain(what, completed, installer.secrets())
        copy = rf"[^\s`']*{order.key}-\w+/{re.escape(COPY)}"
        raise BuildError(re.sub(copy, lambda _: source, explained))


def describe(order: Order, folder: Path, seconds: float) -> Receipt:
    """Look at what was built; no process is started for it."""
    site_packages = next((folder / "lib").glob("python*/site-packages"))
    packages = distributions(path=[str(site_packages)])
    return Receipt(
        key=order.key,
        python=order.python,
        uv=uv_version(folder),
        seconds=round(seconds, 3),
        packages=sorted(f"{package.name}=={package.version}" for package in packages),
        requirements=[complaint.redacted(line) for line in order.requirements.lines],
        site_packages=str(site_packages.relative_to(folder)),
    )


def uv_version(folder: Path) -> str:
    """Return the version that uv wrote into the environment it created."""
    lines = (folder / "pyvenv.cfg").read_text().splitlines()
    settings = dict(line.replace(" ", "").split("=", 1) for line in lines if "=" in line)
    return settings.get("uv", "unknown")
