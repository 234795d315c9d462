"""The command line, as `main()` runs it, without a running supervisor."""

import json
import os
import subprocess
import sys

import pytest

from framework import guard
from framework.main import main
from framework.sandbox import serve as program
from framework.sandbox.settings import Sandbox
from framework.state import StateFolder

COMMANDS = (
    "run", "check", "status", "resync", "build", "sandbox", "env", "start", "stop", "restart",
    "pause", "resume", "describe", "stacks", "reload", "logs",
)  # fmt: skip
QUICKSTART = """
port:
  baseUrl: sandbox
triggerChannel:
  brokers: sandbox
integrationsPath: [types]
integrations:
  - identifier: mine
    type: simple
    config: {address: "${SANDBOX_KAFKA}"}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a config.yaml and the type it names."""
    place = tmp_path / "types" / "simple"
    place.mkdir(parents=True)
    (place / "main.py").write_text("")
    (tmp_path / "config.yaml").write_text(QUICKSTART)
    return tmp_path


@pytest.fixture
def cli(folder, monkeypatch, capsys):
    """Run a command line on that folder; return exit status, stdout and stderr."""

    def run(*words, config=folder / "config.yaml"):
        argv = ["supervisor.py", *words, *(["--config", str(config)] if config else [])]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


def test_help_names_every_command(cli):
    status, out, _ = cli("--help", config=None)

    assert status == 0
    for command in COMMANDS:
        assert f" {command} " in out


SECRETS = """
port:
  clientSecret: ${file:/nowhere/secret}
integrationsPath: [types]
integrations:
  - identifier: mine
    type: simple
    config: {token: "${TOKEN_OF_NOBODY}", key: "${credential:key}"}
"""


@pytest.mark.parametrize("words", [("check",), ("env", "list"), ("build",)])
def test_what_starts_nothing_needs_no_secret_and_names_those_that_are_missing(
    cli, folder, monkeypatch, words
):
    for name in ("PORT_CLIENT_ID", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    (folder / "config.yaml").write_text(SECRETS)

    status, _, err = cli(*words)

    assert status == 0
    missing = [line for line in err.splitlines() if line.startswith("missing, and needed to run")]
    assert len(missing) == 4
    for word in ("PORT_CLIENT_ID", "/nowhere/secret", "TOKEN_OF_NOBODY", "LoadCredential=key"):
        assert sum(word in line for line in missing) == 1


def test_a_run_needs_every_secret(cli, folder, monkeypatch):
    monkeypatch.setenv(guard.VARIABLE, "1")  # it is no program of its own here
    (folder / "config.yaml").write_text(SECRETS)

    status, _, err = cli("run")

    assert status == 1
    assert "/nowhere/secret: No such file" in err


def test_a_check_of_a_good_configuration_shows_what_it_names(cli, folder):
    status, out, err = cli("check")

    assert (status, err) == (0, "")
    assert "mine" in out
    assert str(folder / "types" / "simple") in out


def test_a_check_for_programs_is_json(cli, folder):
    status, out, _ = cli("check", "--json")

    assert status == 0
    assert json.loads(out) == [
        {"identifier": "mine", "type": "simple", "folder": str(folder / "types" / "simple")}
    ]


def test_a_check_tells_everything_that_is_wrong_at_once_without_a_traceback(cli, folder):
    (folder / "config.yaml").write_text(
        QUICKSTART.replace("type: simple", "type: simpel") + "sandbocks: {}\n"
    )

    status, out, err = cli("check")

    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert "config.yaml:9: integrations[0].type" in err
    assert "simpel" in err
    assert "sandbocks" in err
    assert "Traceback" not in err


def test_a_check_looks_at_what_an_integration_brings_along(cli, folder):
    resources = folder / "types" / "simple" / ".port" / "resources"
    resources.mkdir(parents=True)
    (resources / "blueprints.json").write_text("[\n  {,}\n]\n")

    status, _, err = cli("check", "--state", str(folder / "anywhere"))

    assert status == 1
    assert f"{resources / 'blueprints.json'}:2: not JSON" in err


def test_a_missing_file_says_how_to_name_another(cli, folder):
    status, _, err = cli("check", config=folder / "nowhere.yaml")

    assert status == 1
    assert "nowhere.yaml" in err
    assert "--config FILE" in err


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("resync", "mine")])
def test_without_a_supervisor_the_answer_is_3_and_what_to_do(cli, folder, words):
    status, out, err = cli(*words)

    assert (status, out) == (3, "")
    assert f"no supervisor runs with the state folder {folder / '.state'}" in err
    assert "supervisor.py run" in err
    assert "--state" in err


def test_a_second_supervisor_in_one_state_folder_says_who_has_it(cli, folder, monkeypatch):
    monkeypatch.setenv(guard.VARIABLE, str(os.getppid()))
    first = StateFolder(folder / ".state")
    try:
        status, _, err = cli("run")
    finally:
        first.close()

    assert status == 1
    assert f"belongs to the supervisor with pid {os.getpid()}" in err
    assert "--state" in err


def test_a_sandbox_that_nobody_asked_for_is_an_error(cli, folder):
    (folder / "config.yaml").write_text("integrations: []\n")

    status, _, err = cli("sandbox")

    assert status == 1
    assert "port.baseUrl is not `sandbox`" in err


def test_an_unknown_command_is_an_error_of_the_caller(cli):
    status, _, err = cli("resink", config=None)

    assert status == 2
    assert "No such command" in err


@pytest.mark.parametrize("words", [["status"], ["--help"]])
def test_a_command_that_only_asks_does_not_import_what_run_needs(folder, words):
    code = "import sys; from framework.main import main\ntry: main()\n"
    code += "finally: print([one for one in ('kafka', 'uvicorn', 'jq') if one in sys.modules])"
    argv = [sys.executable, "-c", code, *words]
    argv += ["--state", str(folder / ".state")] if words == ["status"] else []
    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "no supervisor runs" in done.stderr or words == ["--help"]


def test_environments_are_listed_for_what_the_configuration_names(cli, folder):
    status, out, _ = cli("env", "list", "--json")
    assert (status, json.loads(out)) == (0, [])

    (folder / "config.yaml").write_text("sandbocks: {}\n")
    assert "sandbocks" in cli("env", "list")[2]


@pytest.mark.parametrize("words", [("six",), ("--upgrade", "--frozen")])
def test_what_makes_no_sense_together_is_not_built(cli, words):
    status, _, err = cli("build", *words)

    assert status == 1
    assert "name packages with --upgrade only, and do not combine it with --frozen" in err


@pytest.mark.parametrize("words", [(), ("--upgrade",), ("--upgrade", "six"), ("--frozen",)])
def test_without_integrations_there_is_nothing_to_build(cli, folder, words):
    (folder / "config.yaml").write_text("port: {baseUrl: sandbox}\n")

    status, out, _ = cli("build", "--json", *words)
    assert (status, json.loads(out)) == (0, [])


def test_a_sandbox_is_served_in_the_state_folder(cli, folder, monkeypatch):
    served = []
    monkeypatch.setattr(program, "serve", lambda *given: served.append(given))
    status, _, _ = cli("sandbox", "--state", str(folder / "state"))

    assert status == 0
    assert served == [(Sandbox(), folder / "state")]


def test_elsewhere_than_on_linux_a_run_says_so(cli, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    assert "error: the supervisor needs Linux" in cli("run")[2]
