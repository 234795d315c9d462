import os
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from threading import Event

import pytest
from msgspec import structs

from framework.environments import Environments, Upgrade, Wanted, turns
from framework.environments.inputs import inputs
from framework.environments.inputs.sources import Sources
from framework.environments.installed import receipt
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.environments.uv.workspace import ANOTHER
from framework.errors import BuildUnavailableError, RequirementsError, StoppedError
from tests.fakes.uv import FakeUv

KEY = "0" * 32
PIN = "six==1.17.0 --hash=sha256:0\n"


def nothing_of(root: Path) -> bool:
    return not list(root.glob("build/*"))


def steps(uv: FakeUv, since: int = 0) -> list[str]:
    return [" ".join(call.split()[:2]) for call in uv.calls[since:]]


@pytest.fixture
def other(tmp_path: Path) -> Callable[[str], Wanted]:
    def make(text: str, name: str = "jira") -> Wanted:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "requirements.txt").write_text(text)
        return Wanted(name, folder)

    return make


def why(environments: Environments, wanted: Wanted) -> str:
    built = environments.ensure(wanted, Event(), print)
    found = receipt.found(built.path, built.key)
    assert found
    return found.why


def test_nothing_is_ready_before_it_is_built(environments: Environments, wanted: Wanted) -> None:
    assert environments.ready(wanted) is None


def test_what_was_built_is_ready_and_stays_so_without_uv(
    environments: Environments, wanted: Wanted, uv: FakeUv, root: Path, stop: Event
) -> None:
    built = environments.ensure(wanted, stop, print)
    calls = uv.calls
    assert environments.ready(wanted) == built
    assert environments.ensure(wanted, stop, print) == built
    assert uv.calls == calls
    assert built.path == root / "envs" / built.key
    assert built.python.exists()
    assert nothing_of(root)


def test_the_msgspec_of_the_sdk_has_an_environment_like_any_other(
    environments: Environments, wanted: Wanted, other: Callable[..., Wanted], root: Path
) -> None:
    built = environments.ensure(wanted, Event(), print)
    assert built.msgspec.name == "site-packages"
    assert built.msgspec.is_dir()
    assert len(list(root.glob("envs/*"))) == 2
    found = receipt.decoder.decode((built.msgspec.parents[2] / receipt.NAME).read_bytes())
    assert found.requirements == [f"msgspec=={version('msgspec')}"]


def test_environments_are_not_ready_without_the_msgspec_of_the_sdk(
    environments: Environments, wanted: Wanted, stop: Event
) -> None:
    built = environments.ensure(wanted, stop, print)
    (built.msgspec.parents[2] / receipt.NAME).unlink()
    assert environments.ready(wanted) is None


def test_equal_requirements_share_one_lock_and_one_environment(
    environments: Environments, wanted: Wanted, other: Callable[..., Wanted], uv: FakeUv
) -> None:
    built = environments.ensure(wanted, Event(), print)
    calls = uv.calls
    assert environments.ensure(other("# of jira\nsix\n"), Event(), print) == built
    assert uv.calls == calls


def test_changed_requirements_are_not_ready(
    environments: Environments, wanted: Wanted, requirements: Path, stop: Event
) -> None:
    before = environments.ensure(wanted, stop, print)
    requirements.write_text("six\nidna\n")
    assert environments.ready(wanted) is None
    assert environments.ensure(wanted, stop, print).key != before.key


def test_requirements_that_lead_to_the_same_lock_need_no_new_environment(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    before = environments.ensure(wanted, stop, print)
    calls = len(uv.calls)
    requirements.write_text("six>=1\n")
    assert environments.ensure(wanted, stop, print) == before
    assert steps(uv, calls) == ["pip compile"]


def test_an_integration_without_requirements_gets_an_empty_environment(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    environments.ensure(wanted, stop, print)
    calls = len(uv.calls)
    requirements.unlink()
    environments.ensure(wanted, stop, print)
    assert steps(uv, calls) == ["venv --quiet"]


def test_what_is_installed_from_a_folder_is_a_copy_and_part_of_the_key(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    mine = requirements.parent / "mine"
    mine.mkdir()
    (mine / "code.py").write_text("X = 1")
    requirements.write_text("-e ./mine\n")
    environments.ensure(structs.replace(wanted, folder=requirements.parent), stop, print)
    first = environments.ready(wanted)
    assert uv.installed.strip().endswith("/mine")
    assert str(mine) not in uv.installed
    before = environments.fingerprint(wanted)
    (mine / "code.py").write_text("X = 22")
    assert environments.ready(wanted) is None
    assert environments.fingerprint(wanted) != before
    assert environments.ensure(wanted, stop, print) != first
    synced = [call for call in uv.calls if "sync" in call]
    assert ["--require-hashes" in call for call in synced] == [False, True, False]  # the sdk's


def test_requirements_that_change_while_they_are_resolved_are_resolved_again(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    environments.ensure(wanted, stop, print)
    requirements.write_text("idna\n")
    uv.then("compile", f"echo toml > '{requirements}'")
    with pytest.raises(BuildUnavailableError, match="was changed while it was resolved"):
        environments.ensure(wanted, stop, print)
    uv.then("compile", "")
    environments.ensure(wanted, stop, print)
    assert uv.installed == "toml==1.17.0 --hash=sha256:0\n"


def test_a_failed_build_leaves_nothing_that_looks_built_and_is_repaired_by_the_next(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, root: Path
) -> None:
    environments.ensure(wanted, Event(), print)  # the msgspec of the sdk, too
    requirements.write_text("idna\n")
    uv.then("sync", "echo 'error: Failed to build idna' >&2; exit 1")
    with pytest.raises(RequirementsError, match="Failed to build idna"):
        environments.ensure(wanted, Event(), print)
    assert environments.ready(wanted) is None
    assert nothing_of(root)
    uv.then("sync", "")
    assert environments.ensure(wanted, Event(), print) == environments.ready(wanted)


def test_a_stopped_build_leaves_nothing(
    environments: Environments, wanted: Wanted, uv: FakeUv, root: Path, stop: Event
) -> None:
    uv.then("sync", "sleep 60")
    with pytest.raises(StoppedError):
        environments.ensure(wanted, stop, lambda line: "creating" in line and stop.set())
    assert nothing_of(root)
    assert not list(root.glob("envs/*"))


def test_a_build_that_takes_too_long_is_ended(
    wanted: Wanted, uv: FakeUv, root: Path, stop: Event
) -> None:
    uv.then("compile", "sleep 60")
    impatient = Environments(root, uv.path, limit=0.5)
    with pytest.raises(BuildUnavailableError, match="resolving did not end: a build has 0 s"):
        impatient.ensure(wanted, stop, print)
    assert nothing_of(root)


def test_an_unmarked_environment_is_built_again(
    environments: Environments, wanted: Wanted, root: Path, stop: Event
) -> None:
    built = environments.ensure(wanted, stop, print)
    (built.path / receipt.NAME).write_text("{")
    (built.path / "half").touch()
    assert environments.ready(wanted) is None
    assert environments.ensure(wanted, stop, print) == built
    assert not (built.path / "half").exists()
    assert nothing_of(root)


def test_who_is_second_uses_what_the_first_one_built(
    environments: Environments, wanted: Wanted, other: Callable[..., Wanted], uv: FakeUv, root: Path
) -> None:
    first = Environments(root.with_name("first"), uv.path).ensure(wanted, Event(), print)
    environments.ensure(other(""), Event(), print)
    # While we build, another machine on the same disk finishes: its lock was not seen here.
    uv.then("check", f"mkdir -p '{root}/envs'; cp -a '{first.path}' '{root}/envs/'")
    copied = environments.ensure(wanted, Event(), print)
    assert copied.key == first.key
    assert environments.ready(wanted) == copied
    assert nothing_of(root)


def test_who_waited_for_another_build_does_not_build(
    environments: Environments, wanted: Wanted, uv: FakeUv, root: Path
) -> None:
    built = environments.ensure(wanted, Event(), print)
    built.path.rename(root / "elsewhere")
    calls = uv.calls
    said: list[str] = []

    with (root / "locks" / built.key).open("a") as builder:
        assert turns.taken(builder)

        def finish(line: str) -> None:
            said.append(line)
            (root / "elsewhere").rename(built.path)
            builder.close()

        environments.ensure(wanted, Event(), finish)
    assert said == ["another build of the same runs"]
    assert uv.calls == calls


def test_a_sweep_removes_what_killed_builds_left_and_spares_living_ones(
    environments: Environments, wanted: Wanted, root: Path, stop: Event
) -> None:
    environments.ensure(wanted, stop, print)
    dead, alive = root / "build" / f"{KEY}-dead", root / "build" / f"{'1' * 32}-alive"
    for folder in (dead, alive):
        (folder / "env").mkdir(parents=True)
    with (root / "locks" / ("1" * 32)).open("a") as builder:
        assert turns.taken(builder)
        assert environments.sweep() == 1
    assert not dead.exists()
    assert alive.exists()
    assert environments.sweep() == 1


def test_there_is_nothing_to_sweep_before_the_first_build(environments: Environments) -> None:
    assert environments.sweep() == 0


def test_a_build_removes_what_an_earlier_one_of_its_key_left(
    environments: Environments, wanted: Wanted, root: Path, stop: Event
) -> None:
    built = environments.ensure(wanted, stop, print)
    built.path.rename(root / "build" / f"{built.key}-dead")
    environments.ensure(wanted, stop, print)
    assert nothing_of(root)


def test_a_state_folder_that_cannot_be_used_is_named(
    root: Path, wanted: Wanted, uv: FakeUv, stop: Event
) -> None:
    root.write_text("a file")
    with pytest.raises(BuildUnavailableError, match=r"environments: File exists \(while"):
        Environments(root, uv.path).ensure(wanted, stop, print)


def test_what_cannot_be_moved_into_place_is_an_error(
    environments: Environments, wanted: Wanted, uv: FakeUv, root: Path, stop: Event
) -> None:
    uv.then("check", f"rm -r '{root}/envs'")
    with pytest.raises(BuildUnavailableError, match="No such file or directory"):
        environments.ensure(wanted, stop, print)
    assert nothing_of(root)


# --- why


def test_a_receipt_tells_why_its_environment_was_built(
    environments: Environments, wanted: Wanted, requirements: Path
) -> None:
    assert why(environments, wanted) == "first build"
    requirements.write_text("six\nboto\n")
    assert why(environments, wanted) == "requirements changed: +boto"
    built = environments.ready(wanted)
    assert built
    (built.path / receipt.NAME).unlink()
    assert why(environments, wanted) == "it was missing or damaged"


# --- the fingerprint


def test_a_fingerprint_changes_with_what_is_wanted_and_with_nothing_else(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    before = environments.fingerprint(wanted)
    requirements.write_text("# why\nsix\n")
    assert environments.fingerprint(wanted) == before
    calls = uv.calls
    assert calls == []
    environments.ensure(wanted, stop, print)
    assert environments.fingerprint(wanted) == before
    requirements.with_name("requirements.lock").write_text(PIN)
    committed = environments.fingerprint(wanted)
    assert committed != before
    requirements.write_text("idna\n")
    assert environments.fingerprint(wanted) not in (before, committed)


def test_a_fingerprint_of_what_cannot_be_read_changes_once_it_can(
    environments: Environments, wanted: Wanted, requirements: Path
) -> None:
    requirements.write_bytes(b"\xff")
    unreadable = environments.fingerprint(wanted)
    requirements.write_text("six")
    assert environments.fingerprint(wanted) != unreadable


def test_new_credentials_change_nothing(environments: Environments, wanted: Wanted) -> None:
    old, new = (
        structs.replace(wanted, installation=Installation(indexes=[f"https://me:{word}@host/s"]))
        for word in ("one", "two")
    )
    assert environments.fingerprint(old) == environments.fingerprint(new)
    assert environments.fingerprint(old) != environments.fingerprint(wanted)


# --- committed locks


def test_a_committed_lock_for_other_requirements_is_where_resolving_starts(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    committed = requirements.with_name("requirements.lock")
    committed.write_text("six==1.0 --hash=sha256:1\n")
    environments.ensure(wanted, stop, print)
    assert uv.installed == "six==1.0 --hash=sha256:1\n"
    assert committed.read_text() == "six==1.0 --hash=sha256:1\n"


def test_resolving_starts_from_the_lock_in_use_before_the_committed_one_it_began_with(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    committed = requirements.with_name("requirements.lock")
    committed.write_text("toml==1.0 --hash=sha256:1\n")
    environments.ensure(wanted, stop, print)  # in use: six 1.17
    requirements.write_text("six\nidna\n")
    environments.ensure(wanted, stop, print)
    assert uv.start == PIN
    committed.write_text("six==1.1 --hash=sha256:1\n")  # a newer one wins
    environments.ensure(wanted, stop, print)
    assert "six==1.1 " in uv.installed


def test_a_lock_that_was_committed_is_used_as_it_is(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, root: Path
) -> None:
    environments.ensure(wanted, Event(), print)
    written = environments.commit(wanted)
    assert written == requirements.with_name("requirements.lock")
    assert written.read_text().splitlines()[0].startswith("# inputs: ")
    assert written.read_text().splitlines()[1:] == PIN.splitlines()
    assert environments.commit(wanted) is None
    environments.refuse_stale(wanted)
    elsewhere = Environments(root.with_name("elsewhere"), uv.path)
    calls = len(uv.calls)
    elsewhere.ensure(wanted, Event(), print)
    assert steps(uv, calls).count("pip compile") == 1  # the sdk's msgspec


def test_frozen_means_a_committed_lock_that_fits(
    environments: Environments, wanted: Wanted, requirements: Path, stop: Event
) -> None:
    with pytest.raises(RequirementsError, match=r"requirements\.lock is missing\. Run"):
        environments.refuse_stale(wanted)
    environments.ensure(wanted, stop, print)
    environments.commit(wanted)
    requirements.write_text("six\nidna\n")
    with pytest.raises(RequirementsError, match="was made for other requirements"):
        environments.refuse_stale(wanted)
    requirements.write_text("")
    environments.refuse_stale(wanted)


def test_an_upgrade_is_committed_once_it_is_built(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    committed = requirements.with_name("requirements.lock")
    committed.write_text("six==1.0 --hash=sha256:1\n")
    environments.ensure(wanted, stop, print)
    uv.then("sync", "echo 'error: Failed to build' >&2; exit 1")
    with pytest.raises(RequirementsError):
        environments.upgrade(wanted, Upgrade(), stop, print)
    assert environments.ready(wanted)
    uv.then("sync", "")
    environments.upgrade(wanted, Upgrade(), stop, print)
    assert PIN in committed.read_text()
    assert environments.ready(wanted)


def test_a_lock_that_cannot_be_committed_says_why_and_stays_in_use(
    environments: Environments, wanted: Wanted, requirements: Path, stop: Event
) -> None:
    environments.ensure(wanted, stop, print)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))  # as good as a full disk
    try:
        with pytest.raises(BuildUnavailableError, match=r"requirements\.lock cannot be written"):
            environments.commit(wanted)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(requirements.parent.iterdir()) == [requirements]
    assert environments.ready(wanted)


def test_an_upgrade_of_one_package_names_it_to_uv(
    environments: Environments, wanted: Wanted, uv: FakeUv, stop: Event
) -> None:
    environments.upgrade(wanted, Upgrade(("six", "idna")), stop, print)
    assert "--upgrade-package six --upgrade-package idna" in uv.calls[0]


def test_there_is_nothing_to_upgrade_without_requirements(
    environments: Environments, wanted: Wanted, requirements: Path, uv: FakeUv, stop: Event
) -> None:
    requirements.write_text("")
    environments.upgrade(wanted, Upgrade(), stop, print)
    assert not [call for call in uv.calls if "--upgrade" in call]
    assert environments.commit(wanted) is None


# --- what the settings do


def test_settings_reach_uv_by_its_environment_and_secrets_no_other_way(
    environments: Environments, wanted: Wanted, uv: FakeUv, root: Path, stop: Event
) -> None:
    private = Installation(
        indexes=["https://me:hunter2hunter2@host/simple"],
        find_links=["/wheels"],
        exclude_newer="7 days",
        only_binary=[":all:"],
    )
    built = environments.ensure(structs.replace(wanted, installation=private), stop, print)
    assert uv.environ["UV_INDEX"] == "https://me:hunter2hunter2@host/simple"
    assert uv.environ["UV_FIND_LINKS"] == "/wheels"
    assert "--exclude-newer 7 days --only-binary :all:" in uv.calls[0]
    assert not [call for call in uv.calls if "hunter2hunter2" in call]
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"hunter2hunter2" in path.read_bytes()]
    assert receipt.found(built.path, built.key)


def test_without_the_network_nothing_is_tried_online(
    environments: Environments, wanted: Wanted, uv: FakeUv, stop: Event
) -> None:
    environments.ensure(
        structs.replace(wanted, installation=Installation(offline=True)), stop, print
    )
    assert uv.environ["UV_OFFLINE"] == "1"
    assert steps(uv).count("pip sync") == 2  # one for each environment


def test_what_the_cache_lacks_is_fetched(
    environments: Environments, wanted: Wanted, uv: FakeUv, stop: Event
) -> None:
    uv.then("sync", 'case "$*" in *--offline*) exit 1;; esac')
    environments.ensure(wanted, stop, print)
    assert steps(uv).count("pip sync") == 4


def test_a_python_that_is_missing_is_told_before_anything_is_started(
    environments: Environments, wanted: Wanted, uv: FakeUv, stop: Event, tmp_path: Path
) -> None:
    gone = structs.replace(wanted, installation=Installation(python=str(tmp_path / "python")))
    with pytest.raises(RequirementsError, match=r"found: .*3\.1"):
        environments.ensure(gone, stop, print)
    assert uv.calls == []
    assert environments.fingerprint(gone) != environments.fingerprint(wanted)


def test_a_cache_that_cannot_share_files_is_noticed_once(
    environments: Environments, wanted: Wanted, requirements: Path, root: Path, stop: Event
) -> None:
    said: list[str] = []
    (root / "build").mkdir(parents=True)
    (root / "build" / ".probe").mkdir()  # so that no link can be made there
    environments.ensure(wanted, stop, said.append)
    requirements.write_text("idna")
    environments.ensure(wanted, stop, said.append)
    noticed = [line for line in said if "cannot share files" in line]
    assert len(noticed) == 1
    assert noticed[0].endswith("Put both on one file system.")


def test_a_check_of_fifty_integrations_takes_a_moment(
    environments: Environments, wanted: Wanted, uv: FakeUv, stop: Event
) -> None:
    environments.ensure(wanted, stop, print)
    calls, before = uv.calls, os.times()
    for _ in range(50):
        assert environments.ready(wanted)
    after = os.times()
    assert after.user + after.system - before.user - before.system < 0.05
    assert uv.calls == calls


MANY = 12
# The index is down, which shows once the test says so.
DOWN = """
case "$last" in */requirements.in)
    n=0; while [ ! -e "$here/go" ] && [ $n -lt 400 ]; do n=$((n + 1)); sleep 0.05; done
    echo "error sending request" >&2; exit 2 ;;
esac
"""


def test_all_who_wait_for_the_msgspec_of_the_sdk_share_one_try_while_the_index_is_down(
    environments: Environments, wanted: Wanted, uv: FakeUv
) -> None:
    uv.then("compile", DOWN)
    waiting: SimpleQueue[str] = SimpleQueue()
    ignored: SimpleQueue[str] = SimpleQueue()
    waits = {ANOTHER: waiting}  # for the sdk's msgspec: these lines begin with its name

    def say(line: str) -> None:
        waits.get(line.partition(": ")[2], ignored).put(line)

    def trouble(number: int) -> str:
        with pytest.raises(BuildUnavailableError) as caught:
            environments.ensure(structs.replace(wanted, label=f"kafka-{number}"), Event(), say)
        return str(caught.value)

    with ThreadPoolExecutor(MANY) as pool:
        troubles = pool.map(trouble, range(MANY))
        for _ in range(MANY - 1):
            waiting.get(timeout=60)
        (uv.path.parent / "go").touch()
        assert all("error sending request" in one for one in troubles)
    assert len([call for call in uv.calls if call.endswith("/requirements.in")]) == 1


def test_other_credentials_for_the_same_index_do_not_share_a_failure(
    requirements: Path,
) -> None:
    def asked(password: str, label: str = "kafka") -> str:
        index = f"https://user:{password}@example.com/simple"
        wanted = Wanted(label, requirements.parent, Installation(indexes=[index]))
        return inputs.read(wanted, identity.own(), Sources()).everything()

    assert asked("right") == asked("right", "other")
    assert asked("right") != asked("wrong")


def test_a_history_that_cannot_be_written_keeps_nobody_from_an_environment(
    environments: Environments, wanted: Wanted, root: Path, stop: Event
) -> None:
    root.mkdir(mode=0o700)
    (root / "history").write_text("no folder")
    built = environments.ensure(wanted, stop, print)
    assert environments.ensure(wanted, stop, print) == built
