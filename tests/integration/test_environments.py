"""Real uv, real packages from the package index; stand-ins only where a moment must be hit."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest

from framework.environments import Environment, Environments, installer, receipt
from framework.errors import BuildError, StoppedError

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 60.0  # seconds
# What another supervisor would do: build, say the key.
BUILD = """
import sys
from pathlib import Path
from threading import Event
from framework.environments import Environments
root, uv, path = map(Path, sys.argv[1:])
print(Environments(root, uv).ensure(path, Event(), print).key, file=sys.stderr)
"""


class CountingUv:
    """The real uv behind a script that notes each call; `before_install` is run in between."""

    def __init__(self, folder: Path, before_install: str = ":"):
        folder.mkdir()
        self.path = folder / "uv"
        self._log = folder / "calls"
        self.path.write_text(
            f"#!/bin/sh\necho \"$*\" >> '{self._log}'\n"
            f'if [ "$2" = install ]; then {before_install}; fi\n'
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


def wanting(folder: Path, text: str) -> Path:
    path = folder / "requirements.txt"
    folder.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        select.select([], [], [], 0.01)


def evaluated(environment: Environment, code: str) -> str:
    argv = [str(environment.python), "-I", "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=DEADLINE).stdout


def builder(root: Path, uv: CountingUv, path: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", BUILD, str(root), str(uv.path), str(path)]
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


def test_what_is_required_is_built_once_and_found_without_uv(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    path = wanting(tmp_path / "kafka", "six\nidna  # of the source\n")
    built = Environments(root, uv.path).ensure(path, Event(), print)
    assert "six" in evaluated(built, "import six, idna; print(six.__name__)")
    written = receipt.found(built.path, built.key)
    assert written is not None
    assert [package.split("==")[0] for package in written.packages] == ["idna", "six"]
    calls = len(uv.calls)
    second = Environments(root, uv.path)
    assert second.ready(path) == built
    assert second.ensure(path, Event(), print) == built
    assert len(uv.calls) == calls


def test_the_msgspec_of_the_sdk_is_importable_from_its_folder(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    built = Environments(root, uv.path).ensure(wanting(tmp_path / "none", ""), Event(), print)
    code = f"import sys; sys.path.append({str(built.msgspec)!r}); import msgspec; print(msgspec)"
    assert str(built.msgspec) in evaluated(built, code)


def test_scripts_work_where_the_environment_was_moved_to(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    path = wanting(tmp_path / "idna", "charset-normalizer\n")
    built = Environments(root, uv.path).ensure(path, Event(), print)
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
        built = environments.ensure(wanting(tmp_path / major, text), Event(), print)
        versions.append([v.split(".")[0] for v in json.loads(evaluated(built, code))])
    assert versions == [["1", "1"], ["2", "2"]]


def test_requirements_that_exclude_each_other_fail_with_the_words_of_uv(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    path = wanting(tmp_path / "torn", "urllib3<2\nurllib3>=2\n")
    with pytest.raises(BuildError) as failure:
        Environments(root, uv.path).ensure(path, Event(), print)
    said = str(failure.value)
    assert said.startswith(f"{path}: resolving and installing")
    assert "you require urllib3<2 and urllib3>=2" in said
    assert said.endswith("Correct the requirements.")
    assert not list(root.glob("build/*"))


def test_a_line_that_is_none_is_shown_with_the_file_it_stands_in(
    root: Path, uv: CountingUv, tmp_path: Path
) -> None:
    path = wanting(tmp_path / "odd", "six=>1\n")
    with pytest.raises(BuildError) as failure:
        Environments(root, uv.path).ensure(path, Event(), print)
    assert f"Couldn't parse requirement in `{path}`" in str(failure.value)


def test_an_index_that_cannot_be_reached_is_named_without_its_credentials(
    root: Path, uv: CountingUv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://me:secret@127.0.0.1:{port}/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(BuildError) as failure:
        Environments(root, uv.path).ensure(wanting(tmp_path / "far", "toml"), Event(), print)
    said = str(failure.value)
    assert f"127.0.0.1:{port}" in said
    assert "secret" not in said
    assert said.endswith("Check that the package index can be reached from this machine.")


def test_a_stop_ends_a_build_that_waits_for_an_index(
    root: Path, uv: CountingUv, tmp_path: Path, silent_index: socket.socket
) -> None:
    stop = Event()
    path = wanting(tmp_path / "slow", "toml==0.10.1")

    def stop_once_asked() -> None:
        with silent_index.accept()[0]:
            stop.set()
            until(lambda: not running(root))

    asked = threading.Thread(target=stop_once_asked)
    asked.start()
    with pytest.raises(StoppedError):
        Environments(root, uv.path).ensure(path, stop, print)
    asked.join(DEADLINE)
    assert not asked.is_alive()
    assert not list(root.glob("build/*"))


def test_a_builder_killed_while_it_installs_leaves_nothing_that_looks_built(
    tmp_path: Path, uv: CountingUv
) -> None:
    root = tmp_path / "environments"
    path = wanting(tmp_path / "kafka", "six\n")
    Environments(root, uv.path).ensure(wanting(tmp_path / "none", ""), Event(), print)
    reached = tmp_path / "reached"
    slow = CountingUv(tmp_path / "slow", f"touch '{reached}'; exec sleep 60")
    with builder(root, slow, path) as killed:
        until(reached.exists)
        killed.kill()
    until(lambda: not running(root))  # uv died with it
    environments = Environments(root, uv.path)
    assert environments.ready(path) is None
    assert len(list(root.glob("build/*"))) == 1
    assert environments.sweep() == 1
    built = environments.ensure(path, Event(), print)
    assert "six" in evaluated(built, "import six; print(six)")


def test_builders_killed_at_any_instant_never_leave_half_an_environment(
    tmp_path: Path, uv: CountingUv
) -> None:
    root = tmp_path / "environments"
    path = wanting(tmp_path / "kafka", "six\nidna\n")
    for hundredths in range(10, 60, 5):
        with builder(root, uv, path) as killed:
            try:
                killed.wait(hundredths / 100)
            except subprocess.TimeoutExpired:
                killed.send_signal(signal.SIGKILL)
        if built := Environments(root, uv.path).ready(path):
            assert "six" in evaluated(built, "import six, idna; print(six)")
            (built.path / receipt.NAME).unlink()
    built = Environments(root, uv.path).ensure(path, Event(), print)
    assert "six" in evaluated(built, "import six, idna; print(six)")
    Environments(root, uv.path).sweep()
    assert not list(root.glob("build/*"))


def test_four_builders_of_one_environment_build_it_once(tmp_path: Path, uv: CountingUv) -> None:
    root = tmp_path / "environments"
    path = wanting(tmp_path / "kafka", "six\n")
    builders = [builder(root, uv, path) for _ in range(4)]
    said = [process.communicate(timeout=DEADLINE)[1].splitlines()[-1] for process in builders]
    built = Environments(root, uv.path).ready(path)
    assert built is not None
    assert said == [built.key] * 4
    assert len([call for call in uv.calls if call.startswith("venv")]) == 2  # the sdk's msgspec
