from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.environment import Wanted
from framework.environments.inputs import inputs, lines
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.requirements import Requirements
from framework.environments.inputs.sources import Source, Sources
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


# --- keys


MINE = Source(Path("/mine"), "0")
LOCK = "six==1 --hash=sha256:0\nidna==2 --hash=sha256:0\n"


def asking(text: str, **settings: object) -> Inputs:
    asked = Requirements("k", "/k/requirements.txt", Path("/k"), lines.normalised(text))
    return Inputs("k", asked, (), Installation(**settings), OWN)


def key(text: str, floor: str = "3.10", **settings: object) -> str:
    return asking(text, **settings).key(floor)


def environment(lock: str = LOCK, **changes: object) -> str:
    return structs.replace(asking(""), **changes).environment_key(lock)


def test_a_key_is_32_hex_digits_and_the_same_every_time() -> None:
    assert key("six") == key("six  # the same")
    assert len(key("six")) == 32
    assert int(key("six"), 16) > 0


def test_the_order_of_requirements_does_not_count_that_of_options_does() -> None:
    assert key("six\nidna") == key("idna\nsix")
    one, two = "--index-url https://a/", "--extra-index-url https://b/"
    assert key(f"{one}\n{two}\nsix") != key(f"{two}\n{one}\nsix")


@pytest.mark.parametrize("text", ["six<2", "six\nidna", "", "six ; python_version > '3'"])
def test_other_requirements_must_be_resolved_again(text: str) -> None:
    assert key(text) != key("six")


@pytest.mark.parametrize(
    "settings",
    [
        {"indexes": ["https://host/"]},
        {"find_links": ["/wheels"]},
        {"exclude_newer": "7 days"},
        {"only_binary": [":all:"]},
        {"floor": "3.12"},
    ],
)
def test_other_places_must_be_resolved_again(settings: dict[str, object]) -> None:
    assert key("six", **settings) != key("six")


@pytest.mark.parametrize("settings", [{"python": "3.12"}, {"offline": True}])
def test_one_lock_is_for_all_pythons_with_and_without_the_network(
    settings: dict[str, object],
) -> None:
    assert key("six", **settings) == key("six")


def test_new_credentials_find_the_same_packages() -> None:
    assert key("-i https://me:a@host/\nsix") == key("-i https://me:b@host/\nsix")


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/opt/python"},
        {"size": 1},
        {"mtime_ns": 1},
        {"version": "3.99.0"},
        {"platform": "linux-riscv64"},
    ],
)
def test_another_python_leads_to_another_environment(change: dict[str, str | int]) -> None:
    other = structs.replace(OWN, **change)
    assert environment(python=other) != environment()


def test_another_lock_or_source_or_form_leads_to_another_environment() -> None:
    same = environment(f"# why\n{LOCK}")
    assert same == environment()
    others = {
        environment(LOCK.replace("==1", "==2")),
        environment(requirements=asking("--no-binary six").requirements),
        environment(sources=(MINE,)),
        environment(sources=(structs.replace(MINE, digest="1"),)),
    }
    assert len(others | {same}) == 5
