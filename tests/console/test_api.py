import http.client
import json
import socket

import pytest

from framework.console import client
from framework.console.api import Console
from framework.errors import ConfigError, JournalError
from framework.state import NotRunningError, StateFolder, console_address
from tests.fakes.operations import FakeOperations

VERBS = [
    ("start", "run"),
    ("resume", "run"),
    ("stop", "stop"),
    ("pause", "pause"),
    ("restart", "restart"),
    ("resync", "resync"),
    ("stacks", "stacks"),
]


@pytest.fixture
def call(served):
    """Return what makes a request and returns its HTTP status and answer."""

    def call(method, path):
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(console_address(served))
        connection.request(method, path)
        response = connection.getresponse()
        status, answer = response.status, response.read()
        connection.close()
        return status, json.loads(answer) if answer.startswith(b"{") else answer

    return call


@pytest.mark.parametrize(("verb", "asked"), VERBS)
def test_what_changes_or_disturbs_something_is_posted(call, operations, verb, asked):
    status, answer = call("POST", f"/{verb}/jira%2Feu")

    assert status == (200 if verb == "stacks" else 202)
    assert operations.asked == [(asked, "jira/eu")]
    assert "error" not in answer


@pytest.mark.parametrize("verb", [verb for verb, _ in VERBS])
def test_a_link_changes_nothing(call, operations, verb):
    assert call("GET", f"/{verb}/kafka")[0] == 405
    assert operations.asked == []


@pytest.mark.parametrize("path", ["/status", "/describe/kafka"])
def test_what_is_only_looked_at_is_not_posted(call, path):
    assert call("POST", path)[0] == 405
    assert call("GET", path)[0] == 200


@pytest.mark.parametrize("verb", [*(verb for verb, _ in VERBS), "describe"])
def test_an_unknown_integration_is_404_with_the_known_ones(call, verb):
    status, answer = call("GET" if verb == "describe" else "POST", f"/{verb}/nope")

    assert (status, answer) == (
        404,
        {"error": "no integration 'nope'; there are: kafka, jira/eu"},
    )


def test_a_reload_is_posted_and_looked_at_before(call):
    assert call("GET", "/reload") == (200, {"applied": False, "integrations": [], "restart": []})
    assert call("POST", "/reload") == (200, {"applied": True, "integrations": [], "restart": []})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_broken_configuration_is_400_with_all_its_lines(call, operations, method):
    operations.trouble = ConfigError("config.yaml:1: no\nconfig.yaml:2: nor this")

    assert call(method, "/reload") == (400, {"error": "config.yaml:1: no\nconfig.yaml:2: nor this"})


def test_what_cannot_be_done_now_is_503(call, operations):
    operations.trouble = JournalError("the disk is full")

    assert call("POST", "/stop/kafka") == (503, {"error": "the disk is full"})


def test_a_console_that_never_started_stops(tmp_path):
    folder = StateFolder(tmp_path)
    console = Console(folder.listen(), FakeOperations())
    console.stop()
    folder.close()

    with pytest.raises(NotRunningError, match=r"start one with `supervisor\.py run`"):
        client.status(tmp_path)
