from datetime import UTC, datetime

import pytest
from rich.console import Console

from framework.console.views import overview_old
from framework.console.views.overview_old import Overview
from tests.fakes.operations import row

NOW = datetime(2026, 1, 31, 12, 3, 20, tzinfo=UTC)
RESYNC = {
    "status": "failed",
    "startedAt": "2026-01-31T12:00:00.5+00:00",
    "endedAt": None,
    "error": "kind 'topic': [/denied] by the broker",
}
LOOPING = row(
    "kafka",
    state="CRASH_LOOP",
    desired="pause",
    reason="exit status 1: list[int] is no [str], and a good deal more of the same sort",
    pid=None,
    restarts=4,
    retryAt="2026-01-31T12:05:00.000Z",
    lastResync=RESYNC,
)


@pytest.fixture
def shown():
    def shown(integrations, width):
        terminal = Console(width=width, record=True)
        terminal.print(Overview(integrations, NOW))
        return [" ".join(line.split()) for line in terminal.export_text().splitlines()]

    return shown


def test_where_there_is_room_each_integration_has_a_line(shown):
    looping = "kafka simple CRASH_LOOP (paused) 3 min 4 in 1 min failed 2026-01-31 12:00:00"

    assert shown([row("aws"), LOOPING], 200) == [
        "INTEGRATION TYPE STATE SINCE PID RESTARTS NEXT TRY LAST RESYNC REASON",
        f"{looping} {LOOPING['reason']}",
        "aws simple READY 3 min 77 0 none yet",
    ]


def test_on_a_narrow_terminal_reasons_stand_below_and_identifiers_are_whole(shown):
    long = row("an-integration-in-production", lastResync={**RESYNC, "status": "completed"})
    lines = shown([long, LOOPING, row("aws")], 100)

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

    assert [line.split()[0] for line in shown(found, 200)[1:]] == [
        *("a-BLOCKED", "b-BLOCKED", "a-CRASH_LOOP", "b-CRASH_LOOP", "a-DEGRADED", "b-DEGRADED"),
        *("a-PENDING", "a-STARTING", "b-PENDING", "b-STARTING", "a-READY", "b-READY"),
        *("a-DISABLED", "b-DISABLED"),
    ]


def test_a_resync_is_shown_with_its_end_or_else_its_start():
    done = {**RESYNC, "status": "completed", "endedAt": "2026-01-31T12:01:02Z"}

    assert overview_old.resync(RESYNC).plain == "failed 2026-01-31 12:00:00"
    assert overview_old.resync(done).plain == "completed 2026-01-31 12:01:02"
    assert overview_old.resync(None).plain == "none yet"
