from pathlib import Path
from threading import Event

import pytest

from framework import process
from framework.environments.uv import cache
from framework.environments.uv.installer import Uv
from framework.errors import BuildUnavailableError
from tests.fakes.uv import FakeUv


def test_packages_are_dropped_by_name(uv: FakeUv, tmp_path: Path) -> None:
    cache.drop(Uv(uv.path, tmp_path), {"six", "idna"}, Event())
    cache.prune(Uv(uv.path, tmp_path), Event())
    assert uv.calls == ["cache clean idna six", "cache prune"]


def test_a_cache_that_is_in_use_is_told_with_the_words_of_uv(uv: FakeUv, tmp_path: Path) -> None:
    uv.then("prune", "echo 'error: the cache of https://me:pw@host is locked' >&2; exit 2")
    with pytest.raises(BuildUnavailableError, match=r"uv cache prune.*https://\*\*\*@host is"):
        cache.prune(Uv(uv.path, tmp_path), Event())


def test_a_cache_that_a_build_keeps_is_told(uv: FakeUv, tmp_path: Path) -> None:
    class Waiting(Uv, frozen=True):
        def run(self, *_) -> process.Completed:
            raise TimeoutError

    with pytest.raises(BuildUnavailableError, match="did not end; a build may be in its way"):
        cache.prune(Waiting(uv.path, tmp_path), Event())
