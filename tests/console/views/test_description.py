import pytest
from rich.console import Console

from framework.console.views import description
from tests.fakes.operations import DESCRIPTION, row

MIB = 1024**2
FULL = {
    **DESCRIPTION,
    "integration": row(
        "kafka",
        state="BACKOFF",
        desired="pause",
        reason="exit status 1: no [route]",
        retryAt="2026-01-31T12:00:09.000Z",
        restarts=3,
    ),
    "environment": {"key": "3f2a91bc", "path": "/state/[envs]/3f2a91bc"},
    "processes": [
        {"pid": 77, "parent": 1, "name": "python", "memory": 10 * MIB, "seconds": 180},
        {"pid": 90, "parent": 77, "name": "[sh]", "memory": MIB, "seconds": 3},
        {"pid": 91, "parent": 90, "name": "git", "memory": 2048 * MIB, "seconds": 2},
        {"pid": 92, "parent": 77, "name": "cat", "memory": MIB, "seconds": 1},
    ],
    "transitions": [
        {"identifier": "kafka", "at": "2026-01-31T12:00:03.123Z", "from": "PENDING",
         "to": "BUILDING"},
        {"identifier": "kafka", "at": "2026-01-31T12:00:02.123Z", "from": "READY",
         "to": "BACKOFF", "reason": "exit status 1: no [route]", "pid": 76, "exitCode": 1,
         "stderr": ["Traceback", "  no [route]"]},
        {"identifier": "kafka", "at": "2026-01-31T12:00:01.123Z", "from": "READY",
         "to": "BACKOFF", "pid": 75, "signal": "SIGKILL", "stderr": ["older"]},
    ],
    "deliveries": [
        {"event": "kafka:t:0:1", "sort": "resync", "reason": "asked for", "attempt": 2,
         "state": "pending", "recordedAt": "2026-01-31T11:00:00.123Z"},
    ],
}  # fmt: skip


@pytest.fixture
def shown():
    terminal = Console(width=200, record=True)

    def shown(answer):
        terminal.print(description.description(answer))
        return [line.rstrip() for line in terminal.export_text().splitlines()]

    return shown


def squeezed(lines):
    return [" ".join(line.split()) for line in lines]


def test_all_there_is_to_know_is_shown(shown):
    lines = squeezed(shown(FULL))

    assert lines[:3] == [
        "integration kafka, of type simple",
        "state BACKOFF (paused)",
        "desired pause",
    ]
    assert lines[3].startswith("since 2026-01-31T12:00:00.000Z (")
    assert lines[4:11] == [
        "reason exit status 1: no [route]",
        "next try now",
        "process 77, restarts: 3",
        "last resync none yet",
        "environment 3f2a91bc /state/[envs]/3f2a91bc",
        "limits memory 512 MiB (soft: 410 MiB), open files 1024",
        "log /state/logs/kafka.log",
    ]


def test_processes_are_a_tree(shown):
    lines = shown(FULL)
    at = next(number for number, line in enumerate(lines) if line.startswith(" PROCESS"))

    assert squeezed(lines[at : at + 5]) == [
        "PROCESS PID MEMORY AGE",
        "python 77 10 MiB 3 min",
        "[sh] 90 1 MiB 3 s",
        "git 91 2,048 MiB 2 s",
        "cat 92 1 MiB 1 s",
    ]
    indents = [len(line) - len(line.lstrip()) for line in lines[at + 1 : at + 5]]
    assert indents == [1, 3, 5, 3]


def test_transitions_are_shown_with_the_last_words_of_the_newest_failure(shown):
    lines = squeezed(shown(FULL))
    at = lines.index("TIME (UTC) FROM TO PID END REASON")

    assert lines[at + 1 : at + 8] == [
        "2026-01-31 12:00:03 PENDING BUILDING",
        "2026-01-31 12:00:02 READY BACKOFF 76 exit 1 exit status 1: no [route]",
        "2026-01-31 12:00:01 READY BACKOFF 75 SIGKILL",
        "",
        "the last lines of pid 76, 2026-01-31 12:00:02:",
        "Traceback",
        "no [route]",
    ]
    assert "older" not in " ".join(lines)


def test_deliveries_are_shown(shown):
    assert squeezed(shown(FULL))[-3:-1] == [
        "RECORDED (UTC) DELIVERY STATE ATTEMPT REASON EVENT",
        "2026-01-31 11:00:00 resync pending 2 asked for kafka:t:0:1",
    ]


def test_what_there_is_not_is_left_out(shown):
    nothing = row("kafka", state="DISABLED", pid=None, since=None)
    lines = squeezed(shown({**DESCRIPTION, "integration": nothing}))

    assert lines == [
        "integration kafka, of type simple",
        "state DISABLED",
        "desired run",
        "last resync none yet",
        "environment none yet",
        "limits memory 512 MiB (soft: 410 MiB), open files 1024",
        "log /state/logs/kafka.log",
        "",
    ]


def test_last_words_of_a_process_whose_pid_is_unknown_are_shown(shown):
    words = {**FULL["transitions"][1], "pid": None}

    assert "the last lines, 2026-01-31 12:00:02:" in shown({**FULL, "transitions": [words]})
