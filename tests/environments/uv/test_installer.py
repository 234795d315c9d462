import os
from pathlib import Path
from threading import Event

import pytest

from framework import process
from framework.environments.settings import Installation
from framework.environments.uv import installer
from framework.environments.uv.installer import Uv
from framework.errors import BuildUnavailableError
from tests.fakes.uv import FakeUv


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith(("UV_", "PIP_", "PYTHON")):
            monkeypatch.delenv(name)
    return monkeypatch


def seen() -> dict[str, str]:
    return Uv(Path("/uv"), Path("/state/uv-cache")).environ()


@pytest.mark.parametrize(
    "name",
    [
        "PIP_INDEX_URL",
        "PIP_FIND_LINKS",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
        "UV_PYTHON",
        "UV_PYTHON_PREFERENCE",
        "UV_PROJECT_ENVIRONMENT",
        "UV_CONFIG_FILE",
        "PORT_CLIENT_SECRET",
    ],
)
def test_what_is_meant_for_another_program_does_not_reach_uv(
    environ: pytest.MonkeyPatch, name: str
) -> None:
    environ.setenv(name, "x")
    assert name not in seen()


@pytest.mark.parametrize(
    "name",
    [
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_INDEX_MINE_PASSWORD",
        "UV_DEFAULT_INDEX",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_OFFLINE",
        "UV_HTTP_TIMEOUT",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
    ],
)
def test_the_operators_index_settings_reach_uv(environ: pytest.MonkeyPatch, name: str) -> None:
    environ.setenv(name, "x")
    assert seen()[name] == "x"


def test_uv_reads_no_configuration_and_fetches_no_python(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("UV_PYTHON_DOWNLOADS", "automatic")
    environ.setenv("UV_CACHE_DIR", "/elsewhere")
    assert {name: value for name, value in seen().items() if name.startswith("UV_")} == {
        "UV_CACHE_DIR": "/state/uv-cache",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_SYSTEM_CERTS": "true",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def test_a_step_is_run_to_its_end(tmp_path: Path, stop: Event) -> None:
    path = tmp_path / "uv"
    path.write_text('#!/bin/sh\necho "$@" "$UV_CACHE_DIR"\nexit 2\n')
    path.chmod(0o755)
    completed = Uv(path, Path("/c")).run(["pip", "check"], stop)
    assert (completed.status, completed.stdout) == (2, "pip check /c\n")


def test_uv_is_the_one_that_the_framework_depends_on() -> None:
    assert installer.find().name == "uv"


def test_credentials_of_indexes_are_known_as_secrets(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("UV_INDEX_MINE_PASSWORD", "hush")
    environ.setenv("UV_INDEX_YOURS_PASSWORD", "")
    environ.setenv("UV_INDEX", "https://host/simple")
    private = Installation(indexes=["https://me:se%40cret@host/simple"])
    assert Uv(Path("/uv"), Path("/c"), private).secrets == ["se%40cret", "se@cret", "hush"]


@pytest.mark.parametrize(
    ("link", "given"),
    [
        ("/wheels/a,b c", "file:///wheels/a%2Cb%20c"),
        ("https://host/a,b/", "https://host/a%2Cb/"),
        ("/wheels/a b", "/wheels/a b"),
    ],
)
def test_a_comma_in_a_place_does_not_end_it(link: str, given: str) -> None:
    uv = Uv(Path("/uv"), Path("/c"), Installation(find_links=[link]))
    assert uv.environ()["UV_FIND_LINKS"] == given


def test_an_operator_may_choose_other_certificates(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("UV_SYSTEM_CERTS", "false")
    assert Uv(Path("/uv"), Path("/c")).environ()["UV_SYSTEM_CERTS"] == "false"


def test_an_integrations_places_come_before_the_operators(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("UV_INDEX", "https://second/")
    environ.setenv("UV_FIND_LINKS", "/second")
    places = Installation(indexes=["https://first/"], find_links=["/first"], offline=True)
    uv = Uv(Path("/uv"), Path("/c"), places, "instance/build/kafka")
    assert uv.environ()["UV_INDEX"] == "https://first/ https://second/"
    assert uv.environ()["UV_FIND_LINKS"] == "/first,/second"
    assert uv.environ()["UV_OFFLINE"] == "1"
    assert uv.environ()["FRAMEWORK_INSTANCE"] == "instance/build/kafka"
    assert uv.offline


def test_the_network_can_be_forbidden_from_outside(environ: pytest.MonkeyPatch) -> None:
    assert not Uv(Path("/uv"), Path("/c")).offline
    environ.setenv("UV_OFFLINE", "1")
    assert Uv(Path("/uv"), Path("/c")).offline


# --- the cache


def test_packages_are_dropped_by_name(uv: FakeUv, tmp_path: Path) -> None:
    installer.drop(Uv(uv.path, tmp_path), {"six", "idna"}, Event())
    installer.prune(Uv(uv.path, tmp_path), Event())
    assert uv.calls == ["cache clean idna six", "cache prune"]


def test_a_cache_that_is_in_use_is_told_with_the_words_of_uv(uv: FakeUv, tmp_path: Path) -> None:
    uv.then("prune", "echo 'error: the cache of https://me:pw@host is locked' >&2; exit 2")
    with pytest.raises(BuildUnavailableError, match=r"uv cache prune.*https://\*\*\*@host is"):
        installer.prune(Uv(uv.path, tmp_path), Event())


def test_a_cache_that_a_build_keeps_is_told(uv: FakeUv, tmp_path: Path) -> None:
    class Waiting(Uv, frozen=True):
        def run(self, *_) -> process.Completed:
            raise TimeoutError

    with pytest.raises(BuildUnavailableError, match="did not end; a build may be in its way"):
        installer.prune(Waiting(uv.path, tmp_path), Event())
