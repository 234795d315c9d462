from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.environment import Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.sources import Sources
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.errors import RequirementsError

OWN = identity.own()


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    folder = tmp_path / "kafka"
    folder.mkdir()
    (folder / "requirements.txt").write_text("six\n./mine\n--no-binary six\n")
    return Wanted("kafka", folder, Installation(only_binary=["idna"]))


def read(wanted: Wanted) -> Inputs:
    return inputs.read(wanted, OWN, Sources())


def test_everything_that_counts_is_read_at_once(wanted: Wanted) -> None:
    (wanted.folder / "requirements.lock").write_text("six==1\n")
    found = read(wanted)
    assert found.label == "kafka"
    assert found.committed == "six==1\n"
    assert [source.path for source in found.sources] == [wanted.folder / "mine"]
    assert found.forms == ["--no-binary six", "--only-binary idna"]
    assert found == read(wanted)


def test_a_lock_is_for_the_oldest_python_where_that_is_possible(wanted: Wanted) -> None:
    newer = structs.replace(OWN, version="3.12.1 (main)")
    assert structs.replace(read(wanted), python=newer).floors == ["3.10", "3.12"]
    oldest = structs.replace(OWN, version="3.10.1 (main)")
    assert structs.replace(read(wanted), python=oldest).floors == ["3.10"]


def test_a_fingerprint_covers_all_inputs(wanted: Wanted) -> None:
    found = read(wanted)
    others = [
        structs.replace(found, python=structs.replace(OWN, mtime_ns=1)),
        structs.replace(found, committed="six==1\n"),
        structs.replace(found, installation=Installation()),
        structs.replace(found, sources=()),
    ]
    assert len({one.fingerprint() for one in (found, *others)}) == 5
    assert structs.replace(found, label="other").fingerprint() == found.fingerprint()


def test_a_committed_lock_that_cannot_be_read_is_named(wanted: Wanted) -> None:
    (wanted.folder / "requirements.lock").write_bytes(b"\xff")
    with pytest.raises(RequirementsError, match=r"requirements\.lock is not UTF-8"):
        read(wanted)


def test_a_package_of_the_framework_comes_from_the_same_places_in_any_form() -> None:
    its = Installation(
        indexes=["https://host/"],
        find_links=["/wheels"],
        offline=True,
        exclude_newer="7 days",
        only_binary=[":all:"],
    )
    found = inputs.of_package("msgspec", "0.22.0", its, OWN)
    assert found.requirements.lines == ["msgspec==0.22.0"]
    assert found.installation == structs.replace(its, exclude_newer=None, only_binary=[])
    assert found.label == f"msgspec-{OWN.minor}"
