import logging

import pytest

from framework.environments.installed import current
from framework.environments.installed.current import Bad, Current
from framework.workers.environment import in_use
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.notes import Built
from framework.workers.session.exits import Exit
from framework.workers.states import Unbuilt
from tests.fakes.living import Shelf

LOG = logging.getLogger("integration.jira")
LATE = Exit("no `ready` within 60 s of its start", late=True)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Kept(Shelf):
    """An EnvironmentInUse with a shelf of environments, a clock, and what was noted."""

    def __init__(self, folder):
        super().__init__(folder)
        self.clock, self.noted = Clock(), []
        self.in_use = self.resumed(Current())

    def resumed(self, noted):
        self.in_use = EnvironmentInUse(noted, self.noted.append, LOG, self.clock, self.clock)
        return self.in_use

    def use(self, key, inputs="inputs"):
        self.clock.now += 400
        self.in_use.built(Built(self.environment(key), inputs))
        return self.in_use.proceed()


@pytest.fixture
def kept(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    return Kept(tmp_path)


def test_another_environment_waits_until_the_process_has_made_way(kept):
    old = kept.use("old")
    new = kept.environment("new")
    kept.in_use.built(Built(new, "b"))
    assert kept.in_use.remark == "a new environment waits for the delivery in work"
    assert (kept.in_use.usable, len(kept.noted)) == (old, 1)

    assert kept.in_use.proceed() == new
    assert kept.in_use.remark is None
    assert kept.noted[-1] == Current(new, old, kept.clock.now)


def test_without_another_one_the_next_process_is_started_in_the_same(kept):
    old = kept.use("old")

    assert kept.in_use.proceed() == old
    assert len(kept.noted) == 1


def test_inputs_that_change_back_while_it_waits_call_the_change_off(kept):
    old = kept.use("old")
    kept.in_use.built(Built(kept.environment("new"), "b"))
    kept.in_use.built(Built(old, "a"))

    assert kept.in_use.next is None
    assert kept.in_use.proceed() == old


def test_the_gap_is_from_the_end_of_one_process_until_another_is_ready(kept, caplog):
    kept.use("old")
    kept.in_use.occupied()
    assert caplog.messages == []

    kept.in_use.vacated()
    kept.in_use.built(Built(kept.environment("new"), "b"))
    kept.in_use.proceed()
    kept.clock.now += 1.5
    kept.in_use.occupied()
    kept.in_use.occupied()
    assert caplog.messages == ["1.50 s from old to new"]


def test_going_back_is_a_gap_too(kept, caplog):
    old = kept.use("old")
    kept.use("new")
    assert kept.in_use.ended(LATE) == old
    kept.clock.now += 0.25
    kept.in_use.occupied()

    assert caplog.messages == ["0.25 s from new to old"]


def test_a_previous_environment_that_is_gone_is_not_gone_back_to(kept):
    kept.use("old")
    new = kept.use("new")
    kept.lose("old")

    assert kept.in_use.ended(LATE) is None
    assert kept.in_use.usable == new


def test_a_bad_environment_is_refused_while_there_is_another_choice(kept):
    old = kept.use("old")
    new = Built(kept.use("new", "b"), "b")
    kept.in_use.ended(LATE)
    assert kept.in_use.refused == "b"
    kept.in_use.building()
    kept.in_use.built(new)
    assert kept.in_use.proceed() == old
    assert kept.in_use.remark == f"the new environment new is not used: {LATE.reason}"

    kept.lose("old")
    assert kept.in_use.refused is None
    kept.in_use.built(new)
    assert kept.in_use.proceed() == new.environment


def test_the_refuge_is_the_environment_in_use(kept):
    assert kept.in_use.refuge() is None
    old = kept.use("old")

    assert kept.in_use.refuge() == old


def test_the_refuge_is_the_previous_environment_if_the_one_in_use_is_gone(kept):
    old = kept.use("old")
    kept.use("new")
    kept.lose("new")
    kept.in_use.unbuilt(Unbuilt("the index is down", 20.0))
    assert kept.in_use.refuge() == old
    assert kept.noted[-1] == Current(old, None, kept.clock.now)
    assert kept.in_use.remark == "the new environment could not be built: the index is down"

    kept.lose("old")
    assert kept.in_use.refuge() is None


def test_what_was_noted_is_known_again(kept, tmp_path):
    file = tmp_path / "jira.json"
    bad = Bad("new", "b", "no `ready`")
    current.write(file, Current(kept.environment("old"), None, 1.0, bad))

    known = kept.resumed(in_use.noted(file, LOG))
    assert (known.refused, known.usable) == ("b", kept.environment("old"))
    assert known.remark == "the new environment new is not used: no `ready`"


def test_a_note_that_cannot_be_read_is_told_and_done_without(tmp_path, caplog):
    (tmp_path / "jira.json").write_text("{")

    assert in_use.noted(tmp_path / "jira.json", LOG) == Current()
    assert "jira.json cannot be read" in caplog.text


def test_what_goes_on_is_no_trouble_and_what_failed_is(kept):
    kept.use("old")
    kept.in_use.building()
    assert (kept.in_use.remark, kept.in_use.trouble) == ("building a new environment", None)
    kept.in_use.built(Built(kept.environment("new"), "b"))
    assert kept.in_use.trouble is None
    kept.in_use.proceed()
    assert (kept.in_use.remark, kept.in_use.trouble) == (None, None)
    kept.in_use.unbuilt(Unbuilt("no version matches", None))

    assert kept.in_use.trouble == "the new environment could not be built: no version matches"


def test_the_first_process_there_is_follows_no_gap(kept, caplog):
    kept.in_use.vacated()
    kept.use("first")
    kept.in_use.occupied()

    assert caplog.messages == []
