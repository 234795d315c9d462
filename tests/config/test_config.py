"""config.yaml as a whole: what loads, and how all that is wrong is said at once."""

import os
from pathlib import Path

import pytest

from framework import config
from framework.errors import ConfigError
from framework.logs.settings import Logging
from framework.sandbox.settings import Sandbox
from framework.settings import Bytes
from framework.triggers.kafka import Kafka

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = """\
port:
  clientId: PORT_CLIENT_ID # Can be loaded via environment variable: PORT_CLIENT_ID
  clientSecret: PORT_CLIENT_SECRET # Can be loaded via environment variable: PORT_CLIENT_SECRET
  baseUrl: https://api.getport.io/v1
triggerChannel:
  type: KAFKA
integrations:
  # The name of the integration.
  - identifier: "my_kafka_integration"
    # The type of the integration.
    type: "kafka"
    # The configuration of the integration.
    config:
      bootstrap_servers: "localhost:9092"
"""


def test_the_example_loads_as_it_stands(desk):
    desk.path.write_text(EXAMPLE)

    found = config.load(desk.path, desk.environ)

    assert (found.port.client_id, found.port.client_secret) == ("id", "hunter2")
    assert found.port.base_url == "https://api.getport.io/v1"
    assert found.trigger_channel == Kafka()
    (integration,) = found.integrations
    assert integration.identifier == "my_kafka_integration"
    assert integration.type == "kafka"
    assert integration.folder == REPOSITORY / "integrations" / "kafka"
    assert integration.config["bootstrap_servers"] == "localhost:9092"


def test_the_committed_quickstart_loads_without_an_account():
    path = REPOSITORY / "config.yaml"

    found = config.load(path, {"SANDBOX_KAFKA": "127.0.0.1:1"})

    assert found.port.base_url == "sandbox"
    assert found.trigger_channel == Kafka(brokers="sandbox")
    assert found.integrations[0].config["bootstrap_servers"] == "127.0.0.1:1"
    assert config.peek(path, {}) == Sandbox()


def test_a_file_that_says_nothing_more_has_the_defaults(load):
    found = load("port: {}\ntriggerChannel:\nsandbox:\nintegrations:\n")

    assert found.trigger_channel == Kafka()
    assert found.integrations == ()
    assert found.sandbox == Sandbox()


def test_absent_credentials_come_from_the_environment(load):
    assert load("integrations: []").port.client_secret == "hunter2"


def test_written_credentials_stand(load):
    found = load("port: {clientId: mine, clientSecret: '${PORT_CLIENT_SECRET}'}")

    assert (found.port.client_id, found.port.client_secret) == ("mine", "hunter2")


@pytest.mark.parametrize("environ", [{}, {"PORT_CLIENT_ID": "", "PORT_CLIENT_SECRET": ""}])
def test_missing_credentials_are_named(desk, environ):
    desk.environ = environ

    assert desk.problems("port:\n  clientId: PORT_CLIENT_ID\n") == [
        (
            "config.yaml:2: port.clientSecret: "
            "the environment variable PORT_CLIENT_SECRET is not set; export it and start again"
        ),
        (
            "config.yaml:3: port.clientId: the environment variable PORT_CLIENT_ID is not set; "
            "export it and start again"
        ),
    ]


def test_the_sandbox_needs_no_credentials(desk):
    desk.environ = {}

    assert desk.load("port: {baseUrl: sandbox}").port.base_url == "sandbox"


def test_everything_wrong_is_said_at_once_with_its_line(problems):
    assert problems(
        """\
port:
  clientld: x
triggerChannel:
  type: KAFK
sandbox: {port: high}
integration: []
integrations:
  - identifier: a
    type: kafak
  - type: kafka
  - identifier: c
    type: kafka
    config: {bootstrap_server: x, page_size: many}
"""
    ) == [
        "config.yaml:3: port.clientld: unknown key; did you mean clientId?",
        "config.yaml:5: triggerChannel.type: expected KAFKA, got 'KAFK'; did you mean KAFKA?",
        "config.yaml:6: sandbox.port: expected an integer, got a string",
        "config.yaml:7: integration: unknown key; did you mean integrations?",
        (
            "config.yaml:10: integrations[0].type: unknown type 'kafak'; did you mean kafka? "
            "known types: kafka (in integrations)"
        ),
        "config.yaml:11: integrations[1].identifier: is missing, and has no default",
        (
            "config.yaml:14: integrations[2].config.bootstrap_server: unknown key; "
            "did you mean bootstrap_servers?"
        ),
        (
            "config.yaml:14: integrations[2].config.bootstrap_servers: is missing; "
            "this type needs it (string)"
        ),
        "config.yaml:14: integrations[2].config.page_size: expected an integer, got a string",
    ]


def test_a_section_of_the_wrong_shape_says_so(problems):
    assert problems("triggerChannel: KAFKA\nintegrations: {a: b}\n") == [
        "config.yaml:2: triggerChannel: expected a mapping, got a string",
        "config.yaml:3: integrations: expected a list, each item with identifier and type",
    ]


def test_no_secret_is_in_any_problem(desk):
    secret = "s3cr3t"
    desk.environ = {"TOKEN": secret}

    found = desk.problems(
        f"""\
port: {{clientSecret: [{secret}], clientId: "${{TOKEN}}${{ABSENT}}"}}
sandbox: {{port: "${{TOKEN}}"}}
integrations:
  - identifier: a
    type: kafka
    config: {{bootstrap_servers: [{secret}], password: [{secret}], page_size: {secret}}}
"""
    )

    assert len(found) == 6
    assert secret not in "".join(found)


def test_a_missing_file_says_how_to_name_another(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml: no such file; .*--config FILE"):
        config.load(tmp_path / "absent.yaml", {})


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        config.load(tmp_path, {})


def test_peek_sees_the_sandbox_before_its_address_is_known(desk):
    desk.write(
        "port: {baseUrl: '${WHERE:-sandbox}'}\n"
        "sandbox: {kafkaPort: '${KAFKA_PORT:-9999}'}\n"
        "integrations: [{identifier: '${SANDBOX_KAFKA}'}]\n"
    )

    assert config.peek(desk.path, {}) == Sandbox(kafka_port=9999)


def test_peek_sees_a_sandbox_that_only_the_trigger_channel_asks_for(desk):
    desk.write("triggerChannel: {type: KAFKA, brokers: sandbox}\n")

    assert config.peek(desk.path, {}) == Sandbox()


def test_peek_finds_no_sandbox_where_none_is_asked_for(desk):
    desk.write("port: nonsense\ntriggerChannel: {type: KAFKA, brokers: [a, b]}\n")

    assert config.peek(desk.path, dict(os.environ)) is None


def test_peek_says_what_is_wrong_with_the_sandbox(desk):
    desk.write("port: {baseUrl: sandbox}\nsandbox: {prot: 1}\n")

    with pytest.raises(ConfigError, match=r"config\.yaml:3: sandbox\.prot: unknown key"):
        config.peek(desk.path, {})


def test_how_the_log_is_written_may_be_said(load):
    assert load("logs: {size: 1MiB, keep: 3}").logs == Logging(size=Bytes("1MiB"), keep=3)
    assert load("logs:").logs == Logging()


def test_a_problem_of_the_log_is_named_with_its_line(problems):
    assert problems("logs:\n  size: 10M\n") == [
        (
            "config.yaml:3: logs.size: "
            "expected a size such as 512MiB, 2GiB or 10MB, or a number of bytes"
        )
    ]
