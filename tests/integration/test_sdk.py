"""Real children on every CPython 3.10 to 3.13 that this machine has; needs a package index."""

import os
import select
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uv

from framework import process
from framework.protocol.messages import (
    Bye,
    Done,
    KindDone,
    Log,
    Page,
    Ping,
    Pong,
    Shutdown,
    Stacks,
    StacksAnswer,
)
from tests.fakes.peer import SECONDS, Peer

ROOT = Path(__file__).parents[2]
BOOTSTRAP = ROOT / "framework" / "sdk" / "bootstrap.py"
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
OWN_MSGSPEC = {"3.10": "0.18.6", "3.11": "0.18.6", "3.12": "0.18.6", "3.13": "0.19.0"}
HEAD = "from framework.sdk import Integration\nintegration = Integration()\n"


def candidates(version: str) -> Iterator[Path]:
    """Yield what may be a CPython of that version: uv's, on PATH, pyenv's."""
    found = subprocess.run(
        [uv.find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", version],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode == 0:
        yield Path(found.stdout.strip())
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))


def interpreter(version: str) -> Path | None:
    """Return a CPython that says it is of that version; a shim may only look like one."""
    says = "import sys; print('%s %d.%d' % (sys.implementation.name, *sys.version_info[:2]))"
    for python in candidates(version):
        run = subprocess.run([python, "-c", says], capture_output=True, text=True, check=False)
        if run.stdout.strip() == f"cpython {version}":
            return python
    return None


INTERPRETERS = {version: interpreter(version) for version in VERSIONS}
each_python = [
    pytest.param(
        version,
        id=f"cpython-{version}",
        marks=[] if python else pytest.mark.skip(reason=f"no CPython {version} found"),
    )
    for version, python in INTERPRETERS.items()
]


class Environment:
    """A virtualenv with what it was asked for, and our msgspec beside it."""

    def __init__(self, folder: Path, version: str, *requirements: str):
        python = INTERPRETERS[version]
        self.path = folder / "venv"
        self.python = self.path / "bin" / "python"
        self.msgspec = folder / "msgspec"
        self._uv("venv", "-q", "--python", str(python), str(self.path))
        if requirements:
            self._uv("pip", "install", "-q", "--python", str(self.python), *requirements)
        self._uv(
            "pip", "install", "-q", "--python", str(self.python), "--target", str(self.msgspec),
            "msgspec",
        )  # fmt: skip

    def _uv(self, *arguments: str) -> None:
        env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        subprocess.run([uv.find_uv_bin(), *arguments], check=True, env=env)


class Served(Peer):
    """A real child that serves a main.py, and the supervisor's side of it."""

    def __init__(self, environment: Environment, main: Path):
        self.child = process.Child(
            [str(environment.python), str(BOOTSTRAP), str(main)], environ(environment), main.parent
        )
        super().__init__(self.child.stdin.fileno(), self.child.stdout.fileno())

    def end(self) -> str:
        """Let the child shut down in order; return what it wrote to stderr."""
        self.send(Shutdown(10))
        assert self.rest()[-1] == Bye("shutdown")
        assert self.child.wait(SECONDS) == 0
        return self.errors()

    def errors(self) -> str:
        return self.child.stderr.read().decode()


def environ(environment: Environment) -> dict[str, str]:
    return {
        **process.inherited(),
        "PATH": f"{environment.path}/bin:/usr/bin:/bin",
        "FRAMEWORK_PARENT": str(os.getpid()),
        "FRAMEWORK_MSGSPEC": str(environment.msgspec),
    }


@pytest.fixture(scope="module", params=each_python)
def environment(request, tmp_path_factory) -> Environment:
    return Environment(tmp_path_factory.mktemp("environment"), request.param)


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(environment: Environment, body: str, **files: str) -> Served:
        folder = (tmp_path / "jira").resolve()
        folder.mkdir()
        for name, text in {"main": HEAD + textwrap.dedent(body), **files}.items():
            (folder / f"{name}.py").write_text(text)
        started.append(Served(environment, folder / "main.py"))
        return started[-1]

    yield start
    for served in started:
        served.child.kill()
        served.child.wait(SECONDS)
        served.reader.join(SECONDS)
        served.child.close()


def gone(pid: int) -> bool:
    """Wait for the end of a process that is not our child."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = select.select([pidfd], [], [], SECONDS)[0]
    os.close(pidfd)
    return bool(ended)


def test_every_form_of_a_handler_serves_a_resync(environment, serve):
    served = serve(
        environment,
        """
        @integration.on_resync("list")
        def a_list(resync):
            return [{"from": resync.config["url"]}, {"selector": resync.selector}]

        @integration.on_resync("generator")
        def generator(resync):
            for start in (0, 100, 200):
                yield [{"id": start + number} for number in range(100)]

        @integration.on_resync("coroutine")
        async def coroutine(resync):
            return [{"id": 1}]

        @integration.on_resync("async")
        async def async_generator(resync):
            yield {"id": 1}
            yield [{"id": 2}]
        """,
    )
    served.greet(config={"url": "u"})
    served.ask("list", "generator", "coroutine", "async", selector='{"query":"true"}')
    assert served.finish().outcome == "ok"
    assert served.items("list") == [{"from": "u"}, {"selector": {"query": "true"}}]
    assert served.items("generator") == [{"id": number} for number in range(300)]
    assert served.items("coroutine") == [{"id": 1}]
    assert served.items("async") == [{"id": 1}, {"id": 2}]
    assert [page.seq for page in served.of(Page)] == list(range(1, len(served.of(Page)) + 1))
    assert served.of(KindDone) == [
        KindDone("d", kind, index)
        for index, kind in enumerate(["list", "generator", "coroutine", "async"])
    ]
    assert served.end() == ""


def test_stray_output_of_every_sort_lands_on_stderr_at_once(environment, serve):
    served = serve(
        environment,
        """
        import ctypes, logging, os, subprocess, sys
        print("stray: import")

        @integration.on_resync("noisy")
        def noisy(resync):
            print("stray: print")
            print("stray: partial", end="")
            print()
            sys.__stdout__.write("stray: sys.__stdout__ \\u2713\\n")
            os.write(1, b"stray: os.write\\n")
            ctypes.CDLL(None).puts(b"stray: puts")
            subprocess.run(["echo", "stray: subprocess"])
            os.system("echo stray: os.system")
            logging.basicConfig(stream=sys.stdout, format="stray: %(message)s", force=True)
            logging.warning("logging")
            if not (pid := os.fork()):
                print("stray: fork")
                integration.log.info("stray: log in a fork")
                os._exit(0)
            os.waitpid(pid, 0)
            assert sys.stdin.read() == ""
            yield {"id": 1}
            integration.log.info("a log line")
        """,
    )
    served.greet()
    served.ask("noisy")
    assert served.finish().outcome == "ok"
    assert served.items("noisy") == [{"id": 1}]
    assert served.of(Log) == [Log("info", "a log line")]
    served.child.kill()  # no buffer is flushed: what is there came at once
    served.child.wait(SECONDS)
    lines = served.errors().splitlines()
    assert sorted(lines) == sorted(
        [
            "stray: import",
            "stray: print",
            "stray: partial",
            "stray: sys.__stdout__ ✓",
            "stray: os.write",
            "stray: puts",
            "stray: subprocess",
            "stray: os.system",
            "stray: logging",
            "stray: fork",
            "info: stray: log in a fork",
        ]
    )
    assert all(isinstance(message, (Page, KindDone, Log, Done)) for message in served.heard[2:])


def test_modules_beside_main_are_found_and_hide_nothing(environment, serve):
    served = serve(
        environment,
        """
        import importlib.util, json, logging, sys
        import client
        from framework.sdk import AuthError, ConfigError, TransientError

        @integration.on_resync("path")
        def path(resync):
            names = ["config", "supervisor", "requests", "tests", "bootstrap", "pages"]
            found = [name for name in names if importlib.util.find_spec(name)]
            yield {"client": client.NAME, "json": json.dumps(1), "found": found,
                   "path": sys.path, "main": sys.modules["main"].__file__}
        """,
        client="from main import integration\nNAME = 'beside main'\n",
        json="raise RuntimeError('not the real json')\n",
    )
    served.greet()
    served.ask("path")
    assert served.finish().outcome == "ok", served.of(Done)
    (item,) = served.items("path")
    main = Path(item["main"])
    assert (item["client"], item["json"], main.name) == ("beside main", "1", "main.py")
    assert item["found"] == []
    assert item["path"][-1] == str(main.parent)
    assert str(ROOT) not in item["path"]
    assert str(BOOTSTRAP.parent) not in item["path"]


def test_a_busy_handler_answers_pings_and_shutdown_ends_it(environment, serve):
    served = serve(
        environment,
        """
        import threading

        @integration.on_resync("endless")
        def endless(resync):
            integration.log.info("busy")
            while not resync.cancelled:
                sum(range(1000))
            return []

        def never_ends():
            threading.Event().wait(3600)

        threading.Thread(target=never_ends).start()  # the interpreter waits for it
        """,
    )
    served.greet()
    served.ask("endless")
    served.until(Log)
    served.send(Ping(1))
    assert served.until(Pong).in_flight == 1
    served.send(Shutdown(1))
    assert served.rest()[-2:] == [Done("d", "cancelled"), Bye("shutdown")]
    assert served.child.wait(SECONDS) == 0


def test_stacks_show_the_line_in_which_a_handler_sleeps(environment, serve):
    served = serve(
        environment,
        """
        import threading, time

        def nap():
            while not integration.cancelled:
                time.sleep(0.05)  # here it sleeps

        @integration.on_resync("sleepy")
        def sleepy(resync):
            helper = threading.Thread(target=nap, name="pool-1")
            helper.start()
            integration.log.info("asleep")
            nap()
            helper.join()
            return []
        """,
    )
    served.greet()
    served.ask("sleepy")
    served.until(Log)
    served.send(Stacks(3))
    answer = served.until(StacksAnswer)
    assert answer.n == 3
    first, *others = answer.text.split("\nThread ")
    assert first.startswith("Thread MainThread (most recent call last):")
    assert "in sleepy\n    nap()" in first
    assert "time.sleep(0.05)  # here it sleeps" in first
    named = {other.split(" ", 1)[0]: other for other in others}
    assert set(named) == {"reader", "writer", "pool-1"}
    assert "# here it sleeps" in named["pool-1"]
    assert served.end() == ""


def test_the_end_of_stdin_ends_the_process(environment, serve):
    served = serve(environment, "")
    served.greet()
    served.child.stdin.close()
    assert served.rest()[-1] == Bye("stdin ended")
    assert served.child.wait(SECONDS) == 0


def test_neither_side_blocks_the_other_when_both_pipes_are_full(environment, serve):
    served = serve(
        environment,
        """
        @integration.on_resync("big")
        def big(resync):
            for number in range(20):
                yield [{"id": number, "text": "x" * 3_000_000}]
        """,
    )
    served.greet(config={"padding": "x" * 1_000_000})
    served.ask("big")
    for number in range(20_000):  # far more than a pipe holds
        served.send(Ping(number))
    assert served.finish().outcome == "ok"
    assert len(served.items("big")) == 20


def test_sigusr1_shows_all_stacks_of_a_child_that_holds_the_gil(environment, serve):
    served = serve(
        environment,
        """
        import ctypes

        def stuck():
            print("holding")
            ctypes.PyDLL(None).sleep(5)  # a signal ends it

        stuck()
        """,
    )
    assert served.child.stderr.readline() == b"holding\n"
    os.kill(served.child.pid, signal.SIGUSR1)
    served.greet()
    errors = served.end()
    assert "Current thread" in errors
    assert "in stuck" in errors


def test_an_error_while_main_is_imported_is_a_traceback_and_no_success(environment, serve):
    served = serve(environment, "raise ValueError('broken on import')")
    assert served.rest() == []
    assert served.child.wait(SECONDS) == 1
    errors = served.errors()
    assert "main.py" in errors
    assert errors.endswith("ValueError: broken on import\n")


def test_a_second_integration_in_main_is_a_sentence(environment, serve):
    served = serve(environment, "another = Integration()")
    assert served.rest() == []
    assert served.child.wait(SECONDS) == 1
    assert "makes 2 Integrations" in served.errors()


def test_a_child_dies_with_its_parent_even_while_it_holds_the_gil(environment, tmp_path):
    main = tmp_path / "main.py"
    main.write_text(
        f"{HEAD}print('holding', flush=True)\nimport ctypes\nctypes.PyDLL(None).pause()\n"
    )
    script = textwrap.dedent("""
        import os, sys
        from pathlib import Path
        from framework import process
        env = {**os.environ, "FRAMEWORK_PARENT": str(os.getpid())}
        child = process.Child(sys.argv[1:], env, Path.cwd())
        assert b"holding" in child.stderr.readline()
        print(child.pid, flush=True)
        child.wait(600)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", script, environment.python, BOOTSTRAP, main],
        env={**environ(environment), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    holds = select.select([parent.stdout], [], [], SECONDS)[0]
    parent.kill()
    pid = parent.communicate(timeout=SECONDS)[0]
    assert holds
    assert gone(int(pid))


def test_a_child_that_another_process_started_ends_at_once(environment, tmp_path):
    main = tmp_path / "main.py"
    main.write_text(HEAD)
    env = {**environ(environment), "FRAMEWORK_PARENT": "1"}
    run = subprocess.run(
        [environment.python, BOOTSTRAP, main],
        env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "FRAMEWORK_PARENT is '1' but the parent is" in run.stderr


@pytest.mark.parametrize("version", each_python)
def test_an_integrations_own_msgspec_wins(version, tmp_path, serve):
    environment = Environment(tmp_path, version, f"msgspec=={OWN_MSGSPEC[version]}")
    served = serve(
        environment,
        """
        import msgspec

        @integration.on_resync("msgspec")
        def versions(resync):
            integration.log.warning("odd", error=ValueError("no"))
            yield [{"version": msgspec.__version__}]
        """,
    )
    served.greet()
    served.ask("msgspec")
    assert served.finish().outcome == "ok"
    assert served.items("msgspec") == [{"version": OWN_MSGSPEC[version]}]
    assert served.of(Log) == [Log("warning", "odd", {"error": "ValueError('no')"})]


@pytest.mark.parametrize("version", each_python[:2])  # 0.17 has no wheel for a younger CPython
def test_an_own_msgspec_older_than_0_18_is_a_sentence_and_exit_78(version, tmp_path, serve):
    served = serve(Environment(tmp_path, version, "msgspec==0.17.0"), "")
    assert served.rest() == []
    assert served.child.wait(SECONDS) == 78
    assert "msgspec 0.17.0 is too old" in served.errors()
