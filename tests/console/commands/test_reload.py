import json

import pytest

from framework.console.commands import reload
from framework.errors import ConfigError, FrameworkError
from framework.state import NotRunningError

DIFFERENCE = {
    "integrations": [
        {"identifier": "old", "change": "removed", "what": []},
        {"identifier": "kafka-eu", "change": "added", "what": []},
        {"identifier": "jira", "change": "changed", "what": ["config.token", "limits.memory"]},
        {"identifier": "aws", "change": "unchanged", "what": []},
    ],
    "restart": ["port", "logs"],
}
LINES = """\
- old
+ kafka-eu
~ jira  (config.token, limits.memory)
= aws
`port` has changed: restart the supervisor to apply it
`logs` has changed: restart the supervisor to apply it
"""
SUM = "added: 1, changed: 1, unchanged: 1, removed: 1"


@pytest.fixture(autouse=True)
def changed(operations):
    operations.difference = DIFFERENCE


def test_a_reload_says_what_it_changed_and_what_it_could_not(cli):
    assert cli("reload") == (0, f"{LINES}{SUM}\n", "reloading the configuration\n")


def test_a_dry_run_says_what_a_reload_would_change(cli):
    status, out, _ = cli("reload", "--dry-run")

    assert (status, out) == (0, f"{LINES}{SUM}; nothing was changed\n")


def test_programs_get_the_difference(cli):
    assert json.loads(cli("reload", "--json")[1]) == {"applied": True, **DIFFERENCE}
    assert json.loads(cli("reload", "--dry-run", "--json")[1])["applied"] is False


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_broken_file_changes_nothing_and_says_so(cli, operations, words):
    operations.trouble = ConfigError("config.yaml:1: no\nconfig.yaml:2: nor this")
    status, out, err = cli("reload", *words)

    assert (status, out) == (1, "")
    assert err.endswith("config.yaml:1: no\nconfig.yaml:2: nor this\nnothing was changed")


def test_a_reload_that_stopped_half_way_does_not_say_that_nothing_was_changed(cli, operations):
    operations.trouble = FrameworkError("kafka: the process did not end in time")
    status, _, err = cli("reload")

    assert status == 1
    assert err.endswith("kafka: the process did not end in time")


def test_without_a_supervisor_nothing_is_said_of_changes(tmp_path):
    with pytest.raises(NotRunningError) as refused:
        reload.reload_(state=tmp_path)

    assert "nothing was changed" not in str(refused.value)
