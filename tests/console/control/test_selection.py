import msgspec
import pytest

from framework.console.control.selection import Selection
from framework.console.control.verbs import VERBS, Integration
from framework.errors import ConfigError
from tests.fakes.operations import row

START, STOP = VERBS[:2]
FOUND = {
    one["identifier"]: msgspec.convert(one, Integration)
    for one in (
        row("aws"),
        row("backoff", state="BACKOFF"),
        row("blocked", state="BLOCKED"),
        row("disabled", state="DISABLED"),
        row("looping", state="CRASH_LOOP"),
    )
}


@pytest.fixture
def said():
    return []


@pytest.fixture
def pick(said):
    def pick(choice, verb=START):
        return [one.identifier for one in choice.pick(FOUND, verb, said.append)]

    return pick


def test_a_choice_has_to_be_made():
    with pytest.raises(ConfigError, match="Name them, or use --all or --failed"):
        Selection((), all=False, failed=False).check()


@pytest.mark.parametrize(
    "choice",
    [
        Selection(("aws",), all=True, failed=False),
        Selection(("aws",), all=False, failed=True),
        Selection((), all=True, failed=True),
    ],
)
def test_a_choice_is_made_in_one_way(choice):
    with pytest.raises(ConfigError, match="one of the three"):
        choice.check()


def test_named_ones_are_taken_once_in_their_order(pick):
    choice = Selection(("blocked", "aws", "blocked"), all=False, failed=False)
    choice.check()

    assert pick(choice) == ["blocked", "aws"]


def test_failed_ones_are_those_that_do_not_run_although_they_should(pick):
    assert pick(Selection((), all=False, failed=True)) == ["backoff", "blocked", "looping"]


def test_of_all_those_are_passed_over_that_cannot_be_meant(pick, said):
    assert pick(Selection((), all=True, failed=False)) == ["aws", "backoff", "blocked", "looping"]
    assert said == [
        "disabled is skipped: it is disabled in config.yaml: set enabled: true, then reload"
    ]


def test_an_unknown_one_is_an_error_with_the_known_ones(pick):
    with pytest.raises(ConfigError, match="no integration 'nope'; there are: aws, backoff"):
        pick(Selection(("nope",), all=False, failed=False))


def test_where_there_is_none_that_is_said(said):
    with pytest.raises(ConfigError, match="there are: none"):
        Selection(("nope",), all=False, failed=False).pick({}, START, said.append)


def test_a_named_one_that_cannot_be_meant_is_an_error(pick):
    with pytest.raises(ConfigError, match=r"disabled: it is disabled in config\.yaml"):
        pick(Selection(("aws", "disabled"), all=False, failed=False), STOP)
