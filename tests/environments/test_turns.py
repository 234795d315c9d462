from pathlib import Path
from threading import Event

import pytest

from framework.environments import turns
from framework.errors import BuildError, StoppedError


class Waiting:
    """Called once a turn has to be waited for; does what it was made with."""

    def __init__(self) -> None:
        self.calls = 0
        self.then = lambda: None

    def __call__(self) -> None:
        self.calls += 1
        self.then()


def test_a_free_turn_is_taken_at_once(tmp_path: Path, stop: Event) -> None:
    waiting = Waiting()
    with turns.held(tmp_path / "k", stop, waiting), (tmp_path / "k").open("a") as other:
        assert not turns.taken(other)
    assert waiting.calls == 0


def test_a_turn_is_over_even_if_the_build_failed(tmp_path: Path, stop: Event) -> None:
    with pytest.raises(KeyError), turns.held(tmp_path / "k", stop, Waiting()):
        raise KeyError
    with (tmp_path / "k").open("a") as other:
        assert turns.taken(other)


def test_a_turn_that_is_not_free_is_waited_for(tmp_path: Path, stop: Event) -> None:
    waiting = Waiting()
    with (tmp_path / "k").open("a") as other:
        assert turns.taken(other)
        waiting.then = other.close
        with turns.held(tmp_path / "k", stop, waiting):
            assert waiting.calls == 1


def test_a_turn_is_polled_until_it_is_free(tmp_path: Path) -> None:
    class FreeLater(Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout
            other.close()
            return False

    with (tmp_path / "k").open("a") as other:
        assert turns.taken(other)
        with turns.held(tmp_path / "k", FreeLater(), Waiting()):
            assert other.closed


def test_a_stop_ends_the_waiting(tmp_path: Path, stop: Event) -> None:
    waiting = Waiting()
    waiting.then = stop.set
    with (tmp_path / "k").open("a") as other:
        assert turns.taken(other)
        with pytest.raises(StoppedError), turns.held(tmp_path / "k", stop, waiting):
            pass


def test_nobody_waits_for_ever(tmp_path: Path, stop: Event) -> None:
    with (tmp_path / "k").open("a") as other:
        assert turns.taken(other)
        with (
            pytest.raises(BuildError, match=r"`fuser .*/k` names it"),
            turns.held(tmp_path / "k", stop, Waiting(), seconds=0),
        ):
            pass
