import json

import pytest
import typer

from framework.console.commands.env import Commands
from tests.fakes import environment as fake


@pytest.fixture
def config(tmp_path):
    return tmp_path / "config.yaml"


@pytest.fixture
def folder(config):
    """Make one environment, in the folder that goes with the configuration."""
    return fake.make(config.parent / ".state" / "environments", "key", "six==1.17.0")


@pytest.fixture
def env():
    """The commands, for a configuration that needs no environment."""
    return Commands(lambda _: [])


def test_the_list_can_be_read_by_a_program(env, config, folder, capsys):
    env.list(config, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["key"], row["usedBy"], row["packages"]) == ("key", [], ["six==1.17.0"])


def test_the_list_is_a_table(env, config, folder, capsys):
    env.list(config)
    assert "environments: 1" in capsys.readouterr().out


def test_a_dry_run_removes_nothing(env, config, folder, capsys):
    env.gc(config, dry_run=True, older_than=0)
    assert "environments that would go: 1" in capsys.readouterr().out
    assert folder.exists()


def test_gc_removes(env, config, folder, capsys):
    env.gc(config, older_than=0, as_json=True)
    assert [row["key"] for row in json.loads(capsys.readouterr().out)["environments"]] == ["key"]
    assert not folder.exists()


def test_gc_keeps_what_is_young(env, config, folder, capsys):
    env.gc(config)
    assert "environments removed: 0" in capsys.readouterr().out
    assert folder.exists()


def test_a_doctor_who_finds_nothing_is_content(env, config, folder, capsys):
    env.doctor(config, deep=True)
    said = capsys.readouterr()
    assert "environments: 1, found damaged: 0" in said.out
    assert said.err == "key: examining it, 1 of 1\n"


def test_a_doctor_who_finds_damage_ends_with_1(env, config, folder):
    fake.module(folder, "six").unlink()
    with pytest.raises(typer.Exit) as ended:
        env.doctor(config)
    assert ended.value.exit_code == 1


def test_a_doctor_who_repairs_is_content(env, config, folder):
    fake.module(folder, "six").unlink()
    env.doctor(config, repair=True)
    assert not folder.exists()  # nobody needs it
