"""The command line, as `main()` runs it, without a running supervisor."""

import json
import os
import subprocess
import sys

import pytest

from framework import guard
from framework.main import main
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


def test_an_operator_s_command_does_not_import_what_runs_everything(folder):
    asked = "import sys; from framework.main import main; sys.argv[1:] = {words}\ntry: main()\n"
    asked += "finally: print([one for one in ('kafka', 'uvicorn', 'jq') if one in sys.modules])"
    words = ["status", "--state", str(folder / ".state")]
    done = subprocess.run(
        [sys.executable, "-c", asked.format(words=words)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "[]\n"
    assert "no supervisor runs" in done.stderr
