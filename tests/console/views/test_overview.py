from datetime import UTC, datetime

import pytest
from rich.console import Console

from framework.console.views import overview
from framework.console.views.overview import Overview
from tests.fakes.operations import row

NOW = datetime(2026, 1, 31, 12, 3, 20, tzinfo=UTC)
REPORT = {
    "status": "failed",
    "startedAt": "2026-01-31T12:00:00.5+00:00",
    "endedAt": None,
    "error": "kind 'topic': [/denied] by the broker",
}
READY = {
    "identifier": "aws",
    "type": "aws",
    "state": "READY",
    "reason": None,
    "pid": 77,
    "restarts": 2,
    "desired": "run",
    "since": None,
    "retryAt": None,
    "lastResync": {**REPORT, "status": "completed", "endedAt": "2026-01-31T12:01:02", "error": ""},
}
DOWN = {
    **READY,
    "identifier": "jira",
    "type": "jira",
    "state": "BACKOFF",
    "reason": "exit status 1: list[int] is no [str]",
    "pid": None,
    "restarts": 3,
    "lastResync": None,
}
ANSWER = {
    "state": "DEGRADED",
    "triggers": [{"type": "KAFKA", "state": "degraded", "reason": "topic [x] not granted"}],
    "integrations": [READY, {**READY, "identifier": "kafka", "lastResync": REPORT}, DOWN],
}
LOOPING = row(
    "kafka",
    state="CRASH_LOOP",
    desired="pause",
    reason="exit status 1: list[int] is no [str], and a good deal more of the same sort",
    pid=None,
    restarts=4,
    retryAt="2026-01-31T12:05:00.000Z",
    lastResync=REPORT,
)


@pytest.fixture
def shown():
    def shown(table, width=200):
        terminal = Console(width=width, record=True)
        terminal.print(table)
        return [" ".join(line.split()) for line in terminal.export_text().splitlines()]

    return shown


def test_the_status_shows_failed_integrations_first(shown):
    assert shown(overview.status(ANSWER)) == [
        "supervisor DEGRADED",
        "TRIGGER STATE REASON",
        "KAFKA degraded topic [x] not granted",
        "INTEGRATION TYPE STATE SINCE PID RESTARTS NEXT TRY LAST RESYNC REASON",
        "jira jira BACKOFF 3 none yet exit status 1: list[int] is no [str]",
        "aws aws READY 77 2 completed 2026-01-31 12:01:02",
        "kafka aws READY 77 2 failed 2026-01-31 12:00:00 kind 'topic': [/denied] by the broker",
    ]


def test_a_configuration_that_could_not_be_reloaded_is_shown(shown):
    lines = shown(overview.status({**ANSWER, "unread": "config.yaml:1: [no]"}))

    assert lines[1] == "not reloaded: config.yaml:1: [no]"


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (None, "sandbox ready page http://127.0.0.1:1 kafka 127.0.0.1:2"),
        ("killed", "sandbox ready (killed) page http://127.0.0.1:1 kafka 127.0.0.1:2"),
    ],
)
def test_the_status_shows_where_the_sandbox_is(shown, reason, line):
    sandbox = {"state": "ready", "url": "http://127.0.0.1:1", "kafka": "127.0.0.1:2"}
    answer = {**ANSWER, "sandbox": {**sandbox, "reason": reason}}

    assert shown(overview.status(answer))[-1] == line


def test_a_checked_configuration_shows_where_each_integration_lies(shown):
    found = [{"identifier": "eu", "type": "jira", "folder": "/integrations/[old]/jira"}]

    assert shown(overview.integrations(found))[1] == "eu jira /integrations/[old]/jira"


def test_a_build_shows_each_environment(shown):
    built = [{"identifier": "eu", "environment": "3f2a", "seconds": 0.1234, "path": "/s/[a]/3f2a"}]

    assert shown(overview.environments(built))[1] == "eu 3f2a 0.12 /s/[a]/3f2a"


def test_where_there_is_room_each_integration_has_a_line(shown):
    looping = "kafka simple CRASH_LOOP (paused) 3 min 4 in 1 min failed 2026-01-31 12:00:00"

    assert shown(Overview([row("aws"), LOOPING], NOW), 200) == [
        "INTEGRATION TYPE STATE SINCE PID RESTARTS NEXT TRY LAST RESYNC REASON",
        f"{looping} {LOOPING['reason']}",
        "aws simple READY 3 min 77 0 none yet",
    ]


def test_on_a_narrow_terminal_reasons_stand_below_and_identifiers_are_whole(shown):
    long = row("an-integration-in-production", lastResync={**REPORT, "status": "completed"})
    lines = shown(Overview([long, LOOPING, row("aws")], NOW), 100)

    assert lines[:4] == [
        "INTEGRATION STATE SINCE PID RESTARTS NEXT TRY RESYNC",
        "kafka CRASH_LOOP (paused) 3 min 4 in 1 min failed",
        "an-integration-in-production READY 3 min 77 0 completed",
        "aws READY 3 min 77 0 none yet",
    ]
    assert lines[4] == f"kafka: {LOOPING['reason']}"
    assert lines[5] == "an-integration-in-production: kind 'topic': [/denied] by the broker"


def test_trouble_comes_first_then_what_is_on_its_way_and_each_by_name(shown):
    states = ["DISABLED", "READY", "STARTING", "DEGRADED", "PENDING", "CRASH_LOOP", "BLOCKED"]
    found = [row(f"{name}-{state}", state=state) for name in "ba" for state in states]

    assert [line.split()[0] for line in shown(Overview(found, NOW), 200)[1:]] == [
        *("a-BLOCKED", "b-BLOCKED", "a-CRASH_LOOP", "b-CRASH_LOOP", "a-DEGRADED", "b-DEGRADED"),
        *("a-PENDING", "a-STARTING", "b-PENDING", "b-STARTING", "a-READY", "b-READY"),
        *("a-DISABLED", "b-DISABLED"),
    ]


def test_a_resync_is_shown_with_its_end_or_else_its_start():
    done = {**REPORT, "status": "completed", "endedAt": "2026-01-31T12:01:02Z"}

    assert overview.resync(REPORT).plain == "failed 2026-01-31 12:00:00"
    assert overview.resync(done).plain == "completed 2026-01-31 12:01:02"
    assert overview.resync(None).plain == "none yet"
