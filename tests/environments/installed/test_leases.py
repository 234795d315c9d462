import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from framework.environments import Environment
from framework.environments.installed import leases, receipt
from tests.fakes import environment as fake

LONG_AGO = 1_000_000_000


@pytest.fixture
def environment(root: Path) -> Environment:
    sdk = fake.make(root, "sdk", "msgspec==0.22.0")
    return Environment("key", fake.make(root, "key", "six==1.17.0"), sdk / fake.SITE_PACKAGES)


def test_a_lease_covers_the_environment_and_the_one_of_the_sdk(
    environment: Environment, root: Path
) -> None:
    with leases.leased(environment) as files:
        assert len(files) == 2
        assert leases.in_use(root / "envs" / "key")
        assert leases.in_use(root / "envs" / "sdk")
    assert not leases.in_use(root / "envs" / "key")


def test_a_lease_notes_the_use(environment: Environment) -> None:
    marker = environment.path / receipt.NAME
    os.utime(marker, (LONG_AGO, LONG_AGO))
    with leases.leased(environment):
        assert marker.stat().st_mtime > LONG_AGO


def test_a_lease_lasts_as_long_as_the_last_copy_of_its_file(environment: Environment) -> None:
    with leases.leased(environment) as files:
        inherited = [os.dup(file) for file in files]
    assert leases.in_use(environment.path)
    for file in inherited:
        os.close(file)
    assert not leases.in_use(environment.path)


def test_any_number_of_processes_may_share_an_environment(environment: Environment) -> None:
    with leases.leased(environment), leases.leased(environment):
        assert leases.in_use(environment.path)


def test_who_is_alone_does_not_share(environment: Environment) -> None:
    with leases.alone(environment.path) as free:
        assert free
        with pytest.raises(BlockingIOError, match="is being removed"):
            leases.leased(environment).__enter__()


def test_a_lease_waits_for_one_who_only_looks(environment: Environment) -> None:
    looking, waiting = threading.Event(), threading.Event()

    def look() -> None:
        with leases.alone(environment.path):
            looking.set()
            waiting.wait(leases.PATIENCE_SECONDS / 5)

    thread = threading.Thread(target=look)
    thread.start()
    assert looking.wait(10)
    with leases.leased(environment):
        thread.join(10)


def openings(path: Path) -> int:
    """How often this process has a file open."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found += link.readlink() == path
    return found


def test_there_is_no_lease_on_an_environment_that_is_replaced_meanwhile(
    environment: Environment, root: Path
) -> None:
    marker = environment.path / receipt.NAME
    taken = threading.Event()

    def replace() -> None:
        with leases.alone(environment.path):
            taken.set()
            end = time.monotonic() + leases.PATIENCE_SECONDS / 2
            while openings(marker) < 2 and time.monotonic() < end:
                pass
            environment.path.rename(root / "aside")
            fake.make(root, "key")

    thread = threading.Thread(target=replace)
    thread.start()
    assert taken.wait(10)
    with pytest.raises(FileNotFoundError, match="was replaced at this moment"):
        leases.leased(environment).__enter__()
    thread.join(10)
    with leases.leased(environment):  # the new one
        assert not leases.in_use(root / "aside")


def test_an_environment_without_a_marker_is_not_in_use_and_cannot_be_leased(
    environment: Environment,
) -> None:
    (environment.path / receipt.NAME).unlink()
    assert not leases.in_use(environment.path)
    with pytest.raises(FileNotFoundError):
        leases.leased(environment).__enter__()
