import re

import pytest

from framework.sandbox.port.rate_limits import RateLimits
from framework.sandbox.port.refusals import RefusedError


def test_a_token_opens_the_organization(port):
    answer = port.call("GET", "/v1/organization")
    assert answer.status_code == 200
    organization = answer.json()["organization"]
    assert answer.json()["ok"] is True
    assert organization["id"] == "org_sandbox"
    assert organization["featureFlags"] == ["OCEAN_KAFKA_INTEGRATION_RESYNC_REQUESTS_TOPIC_ENABLED"]


def test_without_a_token_nothing_is_told(port):
    answer = port.call("GET", "/v1/kafka-credentials", headers={"Authorization": "Bearer no"})
    assert (answer.status_code, answer.json()["ok"]) == (401, False)


def test_kafka_credentials_name_the_brokers(port):
    credentials = port.call("GET", "/v1/kafka-credentials").json()["credentials"]
    assert credentials == {
        "brokers": ["127.0.0.1:9"],
        "username": "sandbox",
        "password": "sandbox",
    }


def test_every_answer_has_a_trace_and_says_what_is_left(port):
    first = port.call("GET", "/v1/organization").headers
    second = port.call("GET", "/v1/blueprints/none").headers
    assert re.fullmatch("[0-9a-f]{32}", first["X-Trace-Id"])
    assert first["X-Trace-Id"] != second["X-Trace-Id"]
    assert first["x-ratelimit-limit"] == "15000"
    assert first["x-ratelimit-period"] == "300"
    left = [int(headers["x-ratelimit-remaining"]) for headers in (first, second)]
    assert left[0] - left[1] == 1


def test_a_body_over_one_mebibyte_is_refused(port):
    answer = port.call("POST", "/v1/blueprints", {"title": "x" * 1024 * 1024})
    assert answer.status_code == 413
    assert answer.json()["message"] == "Request body is too large (limit is 1MiB)"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(port, body):
    answer = port.call("POST", "/v1/blueprints", data=body)
    assert (answer.status_code, answer.json()["ok"]) == (422, False)


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("POST", 404)])
def test_a_route_that_the_sandbox_lacks_says_so(port, method, status):
    answer = port.call(method, "/v1/actions")
    assert answer.status_code == status
    assert answer.json()["error"] == "not_found"
    assert "used part of Port" in answer.json()["message"]


def test_a_wrong_method_is_told_too(port):
    assert port.call("DELETE", "/v1/organization").status_code == 405


def test_a_failure_of_ours_is_a_500_with_a_body(port):
    with port.local.database as connection:
        connection.execute("INSERT INTO blueprints VALUES ('broken', 'no json')")
    answer = port.call("GET", "/v1/blueprints/broken")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")


def test_the_requests_of_a_window_are_counted_then_refused():
    now = [0.0]
    limits = RateLimits(lambda: now[0])
    for _ in range(100):
        headers = limits.count("unauthenticated")
    limits.check("unauthenticated")
    assert headers["x-ratelimit-remaining"] == "0"
    limits.count("unauthenticated")
    with pytest.raises(RefusedError) as refused:
        limits.check("unauthenticated")
    assert refused.value.status == 429
    now[0] = 301.0
    limits.count("unauthenticated")
    limits.check("unauthenticated")
