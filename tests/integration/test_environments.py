"""Real uv, real packages from the package index; stand-ins only where a moment must be hit."""

import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from threading import Event

import psutil
import pytest

from framework.environments import Environment, Environments, Upgrade, Wanted
from framework.environments.installed import leases, receipt
from framework.environments.settings import Installation
from framework.environments.uv import installer
from framework.errors import BuildUnavailableError, RequirementsError, StoppedError
from tests.fakes import environment as fake
from tests.fakes import wheels

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 60.0  # seconds
KILLS = 50
SMALL = "12m"
# What another supervisor would do: build, say the key.
BUILD = """
import sys
from pathlib import Path
from threading import Event
from framework.environments import Environments, Wanted
root, uv, folder = map(Path, sys.argv[1:])
print("begin", flush=True)
wanted = Wanted(folder.name, folder)
print(Environments(root, uv).ensure(wanted, Event(), lambda line: None).key, file=sys.stderr)
"""


class CountingUv:
    """The real uv behind a script that notes each call; `before_sync` is run in between."""

    def __init__(self, folder: Path, before_sync: str = ":"):
        folder.mkdir()
        self.path = folder / "uv"
        self._log = folder / "calls"
        self.path.write_text(
            f"#!/bin/sh\necho \"$*\" >> '{self._log}'\n"
            f'if [ "$2" = sync ]; then {before_sync}; fi\n'
            f"exec '{installer.find()}' \"$@\"\n"
        )
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for the module: what one test fetched, the next has in the cache."""
    return tmp_path_factory.mktemp("state") / "environments"


@pytest.fixture
def uv(tmp_path: Path) -> CountingUv:
    return CountingUv(tmp_path / "uv")


@pytest.fixture
def silent_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Accept connections, answer nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE)
        index = f"http://me:secret@127.0.0.1:{server.getsockname()[1]}/simple"
        monkeypatch.setenv("UV_DEFAULT_INDEX", index)
        yield server


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let nobody answer at the address of the index; return the address."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://me:secret@{address}/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    return address


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(place)]
    subprocess.run(mount, check=True, timeout=DEADLINE)
    yield place
    subprocess.run(["umount", str(place)], check=True, timeout=DEADLINE)


def wanting(folder: Path, text: str, **settings: object) -> Wanted:
    folder.mkdir(exist_ok=True)
    (folder / "requirements.txt").write_text(text)
    return Wanted(folder.name, folder, Installation(**settings))


def ensured(environments: Environments, wanted: Wanted) -> Environment:
    return environments.ensure(wanted, Event(), print)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        select.select([], [], [], 0.01)


def evaluated(environment: Environment, code: str) -> str:
    argv = [str(environment.python), "-I", "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=DEADLINE).stdout


def builder(root: Path, uv: CountingUv, wanted: Wanted) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", BUILD, str(root), str(uv.path), str(wanted.folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True)


def running(root: Path) -> list[int]:
    """Processes that build below `root`."""
    found = psutil.process_iter(["pid", "cmdline", "status"])
    return [
        process.pid
        for process in found
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and process.pid != os.getpid()
        and any(str(root) in word for word in process.info["cmdline"] or [])
    ]


def why(environment: Environment) -> str:
    found = receipt.found(environment.path, environment.key)
    assert found
    return found.why


def interpreter(minor: str) -> str:
    found = sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python{minor}"))
    found += [path for path in (Path("/usr/bin", f"python{minor}"),) if path.exists()]
    return str(found[0]) if found else pytest.skip(f"there is no Python {minor} here")


# --- what is wanted is what is built


def test_what_is_required_is_built_once_and_found_without_uv(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    wanted = wanting(tmp_path / "kafka", "six\nidna  # of the source\n")
    built = ensured(Environments(root, uv.path), wanted)
    assert "six" in evaluated(built, "import six, idna; print(six.__name__)")
    written = receipt.found(built.path, built.key)
    assert written is not None
    assert [package.split("==")[0] for package in written.packages] == ["idna", "six"]
    locked = (built.path / ".lock.txt").read_text().split("\n\n")[0]
    assert locked.count("==") == 2
    assert locked.count("--hash=sha256:") >= 2
    calls = len(uv.calls)
    second = Environments(root, uv.path)
    assert second.ready(wanted) == built
    assert ensured(second, wanted) == built
    assert len(uv.calls) == calls


def test_the_msgspec_of_the_sdk_is_importable_from_its_folder(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    built = ensured(Environments(root, uv.path), wanting(tmp_path / "none", ""))
    code = f"import sys; sys.path.append({str(built.msgspec)!r}); import msgspec; print(msgspec)"
    assert str(built.msgspec) in evaluated(built, code)


@pytest.mark.parametrize("minor", ["3.10", "3.11", "3.12", "3.13"])
def test_every_python_has_environments_of_its_own_from_one_lock(
    root: Path, uv: CountingUv, tmp_path: Path, minor: str
) -> None:
    wanted = wanting(tmp_path / "kafka", "six\n", python=interpreter(minor))
    built = ensured(Environments(root, uv.path), wanted)
    code = f"import sys; sys.path.append({str(built.msgspec)!r}); import six, msgspec.json; "
    assert evaluated(built, code + "print(sys.version)").startswith(f"{minor}.")
    assert len(list(root.glob("locks/in-use/kafka/*.lock"))) >= 1


def test_packages_that_gave_up_old_pythons_are_resolved_for_newer_ones(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    built = ensured(Environments(root, uv.path), wanting(tmp_path / "new", "networkx>=3.5\n"))
    assert "3." in evaluated(built, "import networkx; print(networkx.__version__)")


def test_scripts_work_where_the_environment_was_moved_to(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    built = ensured(Environments(root, uv.path), wanting(tmp_path / "idna", "charset-normalizer\n"))
    script = [str(built.path / "bin" / "normalizer"), "--version"]
    assert (
        subprocess.run(script, capture_output=True, check=False, timeout=DEADLINE).returncode == 0
    )


def test_sets_that_exclude_each_other_live_side_by_side(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    environments = Environments(root, uv.path)
    code = (
        "import json, urllib3, pydantic; print(json.dumps([urllib3.__version__, pydantic.VERSION]))"
    )
    versions = []
    for major, text in {"1": "urllib3<2\npydantic<2\n", "2": "urllib3>=2\npydantic>=2\n"}.items():
        built = ensured(environments, wanting(tmp_path / major, text))
        versions.append([v.split(".")[0] for v in json.loads(evaluated(built, code))])
    assert versions == [["1", "1"], ["2", "2"]]


def test_included_files_a_constraint_and_a_folder_of_this_machine_are_installed(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    folder = tmp_path / "kafka"
    wanted = wanting(folder, "-r more/base.txt\n-e ./mine\n-c pins.txt\n")
    (folder / "more").mkdir()
    (folder / "more" / "base.txt").write_text("idna\n")
    (folder / "pins.txt").write_text("idna<3.8\n")
    (folder / "mine").mkdir()
    (folder / "mine" / "mine.py").write_text("X = 1\n")
    (folder / "mine" / "pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\ndependencies = ["six"]\n'
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[tool.setuptools]\npy-modules = ["mine"]\n'
    )
    environments = Environments(root, uv.path)
    code = "import mine, six, importlib.metadata as m; print(mine.X, m.version('idna'))"
    first = ensured(environments, wanted)
    assert evaluated(first, code).startswith("1 3.7")
    assert sorted(path.name for path in (folder / "mine").iterdir()) == [
        "mine.py",
        "pyproject.toml",
    ]
    (folder / "mine" / "mine.py").write_text("X = 2\n")  # uv itself would not notice
    second = ensured(environments, wanted)
    assert evaluated(second, code).startswith("2 3.7")
    assert evaluated(first, code).startswith("1 3.7")
    assert why(second) == f"sources changed: {folder / 'mine'}"


def test_a_project_file_is_enough(root: Path, uv: CountingUv, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["six"]\n')
    built = ensured(Environments(root, uv.path), Wanted("project", folder))
    assert "six" in evaluated(built, "import six; print(six.__name__)")


def test_a_committed_lock_is_kept_until_an_upgrade(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    wanted = wanting(tmp_path / "kafka", "six\nidna\n")
    committed = wanted.folder / "requirements.lock"
    committed.write_text("six==1.16.0\nidna==3.7\n")
    environments = Environments(root, uv.path)
    version = "import importlib.metadata as m; print(m.version('six'), m.version('idna'))"
    assert evaluated(ensured(environments, wanted), version) == "1.16.0 3.7\n"
    assert "hash" not in committed.read_text()
    upgraded = environments.upgrade(wanted, Upgrade(("six",)), Event(), print)
    six, idna = evaluated(upgraded, version).split()
    assert six > "1.16.0"
    assert idna == "3.7"
    assert why(upgraded) == f"lock changed: six==1.16.0 → six=={six}"
    assert committed.read_text().startswith("# inputs: ")
    environments.refuse_stale(wanted)


@pytest.mark.root
def test_an_installed_tree_may_be_read_only(root: Path, uv: CountingUv, small_disk: Path) -> None:
    wanted = wanting(small_disk / "installed", "six\n./mine-1.0-py3-none-any.whl\n")
    wheels.wheel(wanted.folder, "mine", "1.0")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, timeout=DEADLINE)
    environments = Environments(root, uv.path)
    built = ensured(environments, wanted)
    assert evaluated(built, "import six, mine; print(mine.version)") == "1.0\n"
    with pytest.raises(BuildUnavailableError, match=r"requirements\.lock cannot be written: Read"):
        environments.commit(wanted)
    assert environments.upgrade(wanted, Upgrade(), Event(), print) == built


@pytest.mark.root
def test_a_process_can_start_although_its_disk_is_read_only(small_disk: Path) -> None:
    built = fake.make(small_disk, "key", "six==1.17.0")
    sdk = fake.make(small_disk, "sdk", "msgspec==0.22.0") / fake.SITE_PACKAGES
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, timeout=DEADLINE)

    with leases.leased(Environment("key", built, sdk)) as files:
        assert len(files) == 2


def test_wheels_in_a_folder_are_enough_without_any_network(
    tmp_path: Path, uv: CountingUv, no_index: str
) -> None:
    house = tmp_path / "wheels, and a space"
    wheels.wheel(house, "mine", "1.0", "theirs>=2")
    wheels.wheel(house, "theirs", "2.0")
    wheels.wheel(house, "msgspec", version("msgspec"))
    places = {"offline": True, "find_links": [str(house)]}
    environments = Environments(tmp_path / "environments", uv.path)
    built = ensured(environments, wanting(tmp_path / "kafka", "mine\n", **places))
    assert evaluated(built, "import theirs; print(theirs.version)") == "2.0\n"
    with pytest.raises(BuildUnavailableError, match="a folder that `findLinks` names"):
        ensured(environments, wanting(tmp_path / "more", "mine\nabsent\n", **places))


def test_what_is_too_new_is_left_alone(root: Path, uv: CountingUv, tmp_path: Path) -> None:
    wanted = wanting(tmp_path / "cool", "six\n", exclude_newer="2022-01-01")
    built = ensured(Environments(root, uv.path), wanted)
    assert evaluated(built, "import six; print(six.__version__)") == "1.16.0\n"


def test_what_would_be_built_from_its_sources_is_refused_where_that_is_wanted(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    wanted = wanting(tmp_path / "binary", "docopt\n", only_binary=[":all:"])
    with pytest.raises(RequirementsError, match="docopt have no usable wheels") as failure:
        ensured(Environments(root, uv.path), wanted)
    assert "take the package out of `onlyBinary`" in str(failure.value)


@pytest.mark.parametrize("text", ["six; sys_platform == 'win32'\n", "six; python_version < '3'\n"])
def test_what_is_for_other_machines_is_not_installed(
    root: Path, uv: CountingUv, tmp_path: Path, text: str
) -> None:
    built = ensured(Environments(root, uv.path), wanting(tmp_path / "other", text))
    written = receipt.found(built.path, built.key)
    assert written
    assert written.packages == []


# --- the warm path


def test_fifty_integrations_are_checked_without_uv(
    root: Path, uv: CountingUv, tmp_path: Path, no_index: str
) -> None:
    builders = Environments(root, installer.find())
    with pytest.MonkeyPatch.context() as reachable:
        reachable.delenv("UV_DEFAULT_INDEX")
        every = [wanting(tmp_path / f"i{n}", f"six\nidna\n# {n}\n") for n in range(50)]
        built = [ensured(builders, wanted).key for wanted in every]
    environments = Environments(root, uv.path)
    found = [environments.ready(wanted) for wanted in every]
    assert [one.key for one in found if one] == built
    assert [ensured(environments, wanted).key for wanted in every] == built
    assert uv.calls == []


def test_what_exists_starts_with_every_index_unreachable(
    root: Path, uv: CountingUv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = wanting(tmp_path / "kafka", "six\nidna\n")
    built = ensured(Environments(root, uv.path), wanted)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    calls = len(uv.calls)
    assert ensured(Environments(root, uv.path), wanted) == built
    assert len(uv.calls) == calls
    (built.path / receipt.NAME).unlink()  # lost: what the cache has builds it again
    assert ensured(Environments(root, uv.path), wanted) == built


# --- what fails says why, and the environment before it still serves


@pytest.fixture
def serving(root: Path, tmp_path: Path) -> Iterator[Wanted]:
    """An integration whose environment is built; it must serve at the end, too."""
    wanted = wanting(tmp_path / "kafka", "six\n")
    built = ensured(Environments(root), wanted)
    yield wanted
    assert "six" in evaluated(built, "import six; print(six.__name__)")
    (wanted.folder / "requirements.lock").unlink(missing_ok=True)
    assert Environments(root).ready(wanting(wanted.folder, "six\n")) == built
    assert not list(root.glob("build/*"))


def test_requirements_that_exclude_each_other_fail_with_the_words_of_uv(
    root: Path, uv: CountingUv, serving: Wanted
) -> None:
    with pytest.raises(RequirementsError) as failure:
        ensured(Environments(root, uv.path), wanting(serving.folder, "urllib3<2\nurllib3>=2\n"))
    said = str(failure.value)
    assert said.startswith(
        f"{serving.folder}/requirements.txt: resolving failed (uv: exit status 1)"
    )
    assert "you require urllib3<2 and urllib3>=2" in said
    assert said.endswith(f"Correct the requirements.\nThe full output: {root}/logs/kafka.log")


def test_a_line_that_is_none_is_shown_with_the_file_it_stands_in(
    root: Path, uv: CountingUv, serving: Wanted
) -> None:
    with pytest.raises(RequirementsError) as failure:
        ensured(Environments(root, uv.path), wanting(serving.folder, "six=>1\n"))
    assert "Couldn't parse requirement in `requirements.txt`" in str(failure.value)


def test_a_file_with_another_hash_is_not_installed(
    root: Path, uv: CountingUv, serving: Wanted
) -> None:
    environments = Environments(root, uv.path)
    wanted = wanting(serving.folder, "six\nidna\n")
    ensured(environments, wanted)
    written = environments.commit(wanted)
    assert written
    written.write_text(re.sub("sha256:.{8}", "sha256:00000000", written.read_text()))
    with pytest.raises(RequirementsError) as failure:
        ensured(environments, wanted)
    assert "Hash mismatch for" in str(failure.value)
    assert "Expected:" in str(failure.value)
    assert "if not, somebody tampers with them." in str(failure.value)


def test_a_lock_without_a_hash_is_refused(root: Path, uv: CountingUv, serving: Wanted) -> None:
    environments = Environments(root, uv.path)
    wanted = wanting(serving.folder, "six\nidna\n")
    ensured(environments, wanted)
    written = environments.commit(wanted)
    assert written
    written.write_text(re.sub(r" *\\\n *--hash=\S+", "", written.read_text()))
    with pytest.raises(RequirementsError, match="the lock has no hash for 'idna=="):
        ensured(environments, wanted)


def test_an_index_that_cannot_be_reached_is_named_without_its_credentials(
    root: Path, uv: CountingUv, serving: Wanted, no_index: str
) -> None:
    with pytest.raises(BuildUnavailableError) as failure:
        ensured(Environments(root, uv.path), wanting(serving.folder, "toml\n"))
    said = str(failure.value)
    assert no_index in said
    assert "secret" not in said
    assert "Check that the package index can be reached from this machine." in said


@pytest.mark.parametrize("status", [401, 403])
def test_an_index_that_refuses_us_is_the_end_no_other_one_is_asked(
    root: Path, uv: CountingUv, serving: Wanted, tmp_path: Path, status: int
) -> None:
    house = tmp_path / "house"
    wheels.wheel(house, "toml", "6.6.6")
    with (
        wheels.serving(house, lambda _: status) as private,
        wheels.serving(house) as public,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("UV_DEFAULT_INDEX", public.url)
        with_credentials = private.url.replace("//", "//me:secret@")
        wanted = wanting(serving.folder, "toml\n", indexes=[with_credentials])
        with pytest.raises(BuildUnavailableError) as failure:
            ensured(Environments(root, uv.path), wanted)
    assert "secret" not in str(failure.value)
    assert "Check the credentials of the package index (`indexes:`)" in str(failure.value)
    assert private.asked
    assert public.asked == []
    assert not [call for call in uv.calls if "secret" in call]


def test_a_name_that_two_indexes_have_comes_from_the_first_one(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    wheels.wheel(tmp_path / "private", "ours", "1.0")
    wheels.wheel(tmp_path / "public", "ours", "6.6.6")
    with (
        wheels.serving(tmp_path / "private") as private,
        wheels.serving(tmp_path / "public") as public,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("UV_DEFAULT_INDEX", public.url)
        wheels.wheel(tmp_path / "public", "msgspec", version("msgspec"))
        private_first = wanting(tmp_path / "kafka", "ours\n", indexes=[private.url])
        environments = Environments(tmp_path / "environments", uv.path)
        built = ensured(environments, private_first)
    assert evaluated(built, "import ours; print(ours.version)") == "1.0\n"


def test_an_index_that_never_answers_is_not_waited_for_for_ever(
    root: Path, uv: CountingUv, serving: Wanted, silent_index: socket.socket
) -> None:
    with pytest.raises(BuildUnavailableError) as failure:
        ensured(Environments(root, uv.path, limit=1.5), wanting(serving.folder, "toml\n"))
    assert "resolving did not end: a build has 2 s, and was ended with all its" in str(
        failure.value
    )
    assert "Check that the package index answers" in str(failure.value)
    until(lambda: not running(root))


@pytest.mark.root
def test_a_full_disk_is_told_with_the_cure(
    small_disk: Path, uv: CountingUv, tmp_path: Path
) -> None:
    environments = Environments(small_disk / "environments", uv.path)
    before = ensured(environments, wanting(tmp_path / "kafka", "six\n"))
    with pytest.raises(BuildUnavailableError) as failure:
        ensured(environments, wanting(tmp_path / "kafka", "six\nbotocore\n"))
    sys.stdout.write(str(failure.value))
    assert "No space left on device" in str(failure.value)
    assert "Free some space on the state folder's file system" in str(failure.value)
    assert environments.ready(wanting(tmp_path / "kafka", "six\n")) == before
    assert evaluated(before, "import six; print(six.__name__)") == "six\n"


def test_a_python_that_was_removed_is_told_with_those_that_are_there(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    real = Path(interpreter("3.12"))
    if not (real.parents[1] / "lib" / "python3.12" / "os.py").exists():
        pytest.skip(f"{real} has its library elsewhere")
    place = tmp_path / "python"
    (place / "bin").mkdir(parents=True)
    (place / "lib").symlink_to(real.parents[1] / "lib")
    (place / "bin" / "python3.12").write_bytes(real.read_bytes())
    (place / "bin" / "python3.12").chmod(0o755)
    wanted = wanting(tmp_path / "kafka", "six\n", python=str(place / "bin" / "python3.12"))
    environments = Environments(root, uv.path)
    built = ensured(environments, wanted)
    before = environments.fingerprint(wanted)
    running_process = subprocess.Popen(
        [str(built.python), "-c", "input(); import six; print(six.__name__)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    (place / "bin" / "python3.12").unlink()
    with pytest.raises(RequirementsError, match=r"python3\.12: No such file.*found: 3\."):
        ensured(environments, wanted)
    assert environments.fingerprint(wanted) != before
    assert running_process.communicate("\n", timeout=DEADLINE)[0] == "six\n"


# --- stops and kills


def test_a_stop_ends_a_build_that_waits_for_an_index(
    root: Path, uv: CountingUv, tmp_path: Path, silent_index: socket.socket
) -> None:
    stop = Event()

    def stop_once_asked() -> None:
        with silent_index.accept()[0]:
            stop.set()
            until(lambda: not running(root))

    asked = threading.Thread(target=stop_once_asked)
    asked.start()
    with pytest.raises(StoppedError):
        Environments(root, uv.path).ensure(wanting(tmp_path / "slow", "toml==0.10.1"), stop, print)
    asked.join(DEADLINE)
    assert not asked.is_alive()
    assert not list(root.glob("build/*"))


def test_what_leaves_the_group_of_a_build_ends_with_it_all_the_same(tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\nsetsid sleep 300 &\necho $! > '{tmp_path}/pid'\nsleep 300\n")
    uv.chmod(0o755)
    script = tmp_path / "build.py"
    script.write_text(
        """
import sys
from pathlib import Path
from threading import Event
from framework import kernel
from framework.environments import Environments, Wanted
from framework.errors import BuildUnavailableError
kernel.adopt_orphans()
root, uv, folder = map(Path, sys.argv[1:])
try:
    Environments(root, uv, "i", limit=1.0).ensure(Wanted("kafka", folder), Event(), print)
except BuildUnavailableError as error:
    print(error)
"""
    )
    folder = wanting(tmp_path / "k", "six\n").folder
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "environments"), str(uv), str(folder)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    assert "resolving did not end" in ended.stdout
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_a_builder_killed_while_it_installs_leaves_nothing_that_looks_built(
    tmp_path: Path, uv: CountingUv
) -> None:
    root = tmp_path / "environments"
    wanted = wanting(tmp_path / "kafka", "six\n")
    ensured(Environments(root, uv.path), wanting(tmp_path / "none", ""))
    reached = tmp_path / "reached"
    slow = CountingUv(tmp_path / "slow", f"touch '{reached}'; exec sleep 60")
    with builder(root, slow, wanted) as killed:
        until(reached.exists)
        killed.kill()
    until(lambda: not running(root))  # uv died with it
    environments = Environments(root, uv.path)
    assert environments.ready(wanted) is None
    assert len(list(root.glob("build/*"))) == 1
    assert environments.sweep() == 1
    built = ensured(environments, wanted)
    assert "six" in evaluated(built, "import six; print(six)")


def killed_after(seconds: float, builder: subprocess.Popen[str]) -> bool:
    """Kill a builder so long after it began; tell whether it still ran then."""
    with builder:
        assert builder.stdout
        builder.stdout.readline()  # it has begun
        try:
            builder.wait(seconds)
        except subprocess.TimeoutExpired:
            builder.send_signal(signal.SIGKILL)
            return True
    return False


def test_builders_killed_at_any_instant_never_leave_half_an_environment(
    tmp_path: Path, uv: CountingUv
) -> None:
    root = tmp_path / "environments"
    wanted = wanting(tmp_path / "kafka", "six\nidna\n")
    built = ensured(Environments(root, uv.path), wanted)
    (built.path / receipt.NAME).unlink()
    began = time.monotonic()
    ensured(Environments(root, uv.path), wanted)
    chance, longest = random.Random(5), time.monotonic() - began
    (built.path / receipt.NAME).unlink()
    kills = whole = 0
    while kills < KILLS:
        kills += killed_after(chance.uniform(0, 2 * longest), builder(root, uv, wanted))
        if built := Environments(root, uv.path).ready(wanted):
            assert "six" in evaluated(built, "import six, idna; print(six)")
            whole += 1
            (built.path / receipt.NAME).unlink()
        if kills % 3 == 0:  # now and then all of it, the resolving included
            shutil.rmtree(root / "locks" / "in-use", ignore_errors=True)
    sys.stdout.write(f"{kills} kills; {whole} environments were whole before or after\n")
    until(lambda: not running(root))
    built = ensured(Environments(root, uv.path), wanted)
    assert "six" in evaluated(built, "import six, idna; print(six)")
    Environments(root, uv.path).sweep()
    assert not list(root.glob("build/*"))


def test_four_builders_of_one_environment_build_it_once(tmp_path: Path, uv: CountingUv) -> None:
    root = tmp_path / "environments"
    wanted = wanting(tmp_path / "kafka", "six\n")
    builders = [builder(root, uv, wanted) for _ in range(4)]
    said = [process.communicate(timeout=DEADLINE)[1].splitlines()[-1] for process in builders]
    built = Environments(root, uv.path).ready(wanted)
    assert built is not None
    assert said == [built.key] * 4
    assert len([call for call in uv.calls if call.startswith("venv")]) == 2  # the sdk's msgspec
    assert len([call for call in uv.calls if "pip compile" in call]) == 2
