import json

import pytest
import typer

from framework.console.commands import env
from tests.fakes import environment as fake

CONFIG = """
port: {baseUrl: sandbox}
triggerChannel: {type: KAFKA, brokers: sandbox}
integrations: []
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def folder(config):
    """Make one environment, in the folder that goes with the configuration."""
    return fake.make(config.parent / ".state" / "environments", "key", "six==1.17.0")


def test_the_list_can_be_read_by_a_program(config, folder, capsys):
    env.list_(config, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["key"], row["usedBy"], row["packages"]) == ("key", [], ["six==1.17.0"])


def test_the_list_is_a_table(config, folder, capsys):
    env.list_(config)
    assert "environments: 1" in capsys.readouterr().out


def test_a_dry_run_removes_nothing(config, folder, capsys):
    env.gc(config, dry_run=True, older_than=0)
    assert "environments that would go: 1" in capsys.readouterr().out
    assert folder.exists()


def test_gc_removes(config, folder, capsys):
    env.gc(config, older_than=0, as_json=True)
    assert [row["key"] for row in json.loads(capsys.readouterr().out)["environments"]] == ["key"]
    assert not folder.exists()


def test_gc_keeps_what_is_young(config, folder, capsys):
    env.gc(config)
    assert "environments removed: 0" in capsys.readouterr().out
    assert folder.exists()


def test_a_doctor_who_finds_nothing_is_content(config, folder, capsys):
    env.doctor(config, deep=True)
    said = capsys.readouterr()
    assert "environments: 1, found damaged: 0" in said.out
    assert said.err == "key: examining it, 1 of 1\n"


def test_a_doctor_who_finds_damage_ends_with_1(config, folder):
    fake.module(folder, "six").unlink()
    with pytest.raises(typer.Exit) as ended:
        env.doctor(config)
    assert ended.value.exit_code == 1


def test_a_doctor_who_repairs_is_content(config, folder):
    fake.module(folder, "six").unlink()
    env.doctor(config, repair=True)
    assert not folder.exists()  # nobody needs it
