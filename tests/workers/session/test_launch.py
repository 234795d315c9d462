import os
from pathlib import Path

import psutil
import pytest
from msgspec import Raw, structs

from framework.environments import Environment
from framework.environments.installed import receipt
from framework.protocol.messages import Configure, SupervisorHello
from framework.workers.session.launch import BOOTSTRAP, Launch

ENVIRONMENT = Environment("key", Path("/envs/key"), Path("/envs/msgspec"))


def launch(**env):
    return Launch("eu", "jira", Path("/jira"), Raw(b'{"token":"s3cret"}'), env, "i1", "1.0")


def test_the_environment_is_spelled_out_and_holds_no_secret(monkeypatch):
    monkeypatch.setenv("PORT_CLIENT_SECRET", "port's")
    monkeypatch.setenv("TZ", "UTC")
    environ = launch(PROJECT="x").environ(ENVIRONMENT)

    assert environ["PATH"] == "/envs/key/bin:/usr/local/bin:/usr/bin:/bin"
    assert environ["VIRTUAL_ENV"] == "/envs/key"
    assert environ["FRAMEWORK_INSTANCE"] == "i1/eu"
    assert environ["FRAMEWORK_PARENT"] == str(os.getpid())
    assert environ["FRAMEWORK_MSGSPEC"] == "/envs/msgspec"
    assert (environ["TZ"], environ["PROJECT"]) == ("UTC", "x")
    assert "PORT_CLIENT_SECRET" not in environ
    assert "s3cret" not in str(environ)


def test_what_the_framework_says_cannot_be_overridden():
    environ = launch(FRAMEWORK_INSTANCE="another/one", FRAMEWORK_PARENT="1").environ(ENVIRONMENT)

    assert environ["FRAMEWORK_INSTANCE"] == "i1/eu"
    assert environ["FRAMEWORK_PARENT"] == str(os.getpid())


def test_the_item_may_choose_what_memory_is_kept():
    assert launch().environ(ENVIRONMENT)["MALLOC_MMAP_THRESHOLD_"] == "131072"
    chosen = launch(MALLOC_MMAP_THRESHOLD_="65536").environ(ENVIRONMENT)
    assert chosen["MALLOC_MMAP_THRESHOLD_"] == "65536"


def test_a_limit_of_open_files_that_cannot_be_set_leaves_no_process(tmp_path):
    (tmp_path / "bin").mkdir()
    msgspec = tmp_path / "sdk" / "lib" / "python3" / "site-packages"
    msgspec.mkdir(parents=True)
    (tmp_path / "sdk" / receipt.NAME).touch()
    python = tmp_path / "bin" / "python"
    python.write_text("#!/bin/sh\nsleep 60\n")
    python.chmod(0o755)
    (tmp_path / receipt.NAME).touch()
    environment = Environment("key", tmp_path, msgspec)
    impossible = structs.replace(launch(), folder=tmp_path, open_files=-5)
    before = set(psutil.Process().children())

    with pytest.raises(OSError, match="Operation not permitted"):
        impossible.start(environment)
    assert set(psutil.Process().children()) <= before


def test_the_process_is_greeted_and_configured():
    assert launch().hello(2) == SupervisorHello([1], "1.0", "i1/eu/2")
    assert launch().configure() == Configure("eu", "jira", Raw(b'{"token":"s3cret"}'))


def test_the_bootstrap_is_where_it_is_looked_for():
    assert BOOTSTRAP.is_file()
