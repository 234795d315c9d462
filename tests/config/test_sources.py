"""Secrets from files and from systemd: where they are found, and which files are refused."""

import os

import pytest

from framework import config
from framework.config import difference
from framework.config.sources import CREDENTIALS, AbsentError, Sources
from framework.errors import ConfigError

SECRET = "hunter2-hunter2"


@pytest.fixture
def file(tmp_path):
    def file(content, mode=0o600, name="token"):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return file


def sources(folder, **environ):
    return Sources(environ, folder)


@pytest.mark.parametrize("content", [b"s3cret", b"s3cret\n", b"s3cret\r\n"])
def test_a_secret_is_what_a_file_holds_without_the_last_newline(file, tmp_path, content):
    found = sources(tmp_path)
    assert found.file(str(file(content))) == found.file("token") == "s3cret"
    assert found.secrets == ["s3cret", "s3cret"]


def test_other_newlines_belong_to_the_secret(file, tmp_path):
    file(b"\na\nb\n\n")
    assert sources(tmp_path).file("token") == "\na\nb\n"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o644])
def test_a_file_that_others_may_read_or_change_is_refused_with_the_cure(file, tmp_path, mode):
    path = file(b"s3cret", mode)
    with pytest.raises(ConfigError, match=f"`chmod 600 {path}`") as caught:
        sources(tmp_path).file("token")
    assert f"mode {mode:04o}" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o640])
def test_a_file_that_our_group_may_read_is_taken(file, tmp_path, mode):
    file(b"s3cret", mode)
    assert sources(tmp_path).file("token") == "s3cret"


@pytest.mark.root
def test_a_file_of_another_user_is_refused(file, tmp_path):
    os.chown(file(b"s3cret"), 12345, -1)
    with pytest.raises(ConfigError, match=r"belongs to the user with id 12345.*chown"):
        sources(tmp_path).file("token")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe", "byte 0 is not UTF-8"), (b"\n", "is empty"), (b"x" * 65537, "more than 64 KiB")],
)
def test_what_is_no_secret_is_refused(file, tmp_path, content, reason):
    file(content)
    with pytest.raises(ConfigError, match=reason):
        sources(tmp_path).file("token")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "token", 0o600)
    with pytest.raises(ConfigError, match="no regular file"):
        sources(tmp_path).file("token")


def test_a_file_that_is_not_there_is_absent(tmp_path):
    with pytest.raises(AbsentError, match="No such file"):
        sources(tmp_path).file("token")


def test_a_credential_is_what_systemd_put_into_its_folder(file, tmp_path):
    file(b"s3cret\n", 0o400, "api-token")
    found = sources(tmp_path / "elsewhere", **{CREDENTIALS: str(tmp_path)})
    assert found.credential("api-token") == "s3cret"


def test_without_systemd_a_credential_is_absent_and_says_how_to_get_it(tmp_path):
    with pytest.raises(AbsentError, match=r"LoadCredential=api-token:PATH"):
        sources(tmp_path).credential("api-token")


@pytest.mark.parametrize("name", ["../token", "/etc/passwd", ".", ".."])
def test_a_credential_is_a_name_and_no_path(tmp_path, name):
    with pytest.raises(ConfigError, match="LoadCredential= has"):
        sources(tmp_path, **{CREDENTIALS: str(tmp_path)}).credential(name)


ITEM = """\
integrations:
  - identifier: a
    type: kafka
    config: {bootstrap_servers: "h:1", password: "${file:token}", page_size: "${PAGES}"}
    env: {PROXY: "http://u:${credential:proxy}@proxy"}
"""


def test_what_came_from_files_and_what_is_sensitive_is_secret(desk, file):
    file(SECRET.encode())
    file(b"pr0xy-pass", name="proxy")
    desk.environ |= {CREDENTIALS: str(desk.folder), "PAGES": "5"}

    loaded = desk.load(ITEM)

    (one,) = loaded.integrations
    assert one.config["password"] == SECRET
    assert one.env == {"PROXY": "http://u:pr0xy-pass@proxy"}
    assert set(one.secrets) == {SECRET, "pr0xy-pass"}
    assert SECRET not in repr(loaded)


def test_a_plan_needs_no_secret_and_names_every_one_that_is_absent(desk):
    desk.environ = {}
    desk.write(ITEM)

    planned, absent = config.plan(desk.path, desk.environ)

    assert [one.identifier for one in planned.integrations] == ["a"]
    assert [line.partition(": ")[2].partition(": ")[0] for line in absent] == [
        "port.clientId",
        "port.clientSecret",
        "integrations[0].config.password",
        "integrations[0].config.page_size",
        "integrations[0].env.PROXY",
    ]


def test_a_plan_is_refused_for_whatever_else_is_wrong(desk):
    desk.environ = {}
    desk.write(ITEM.replace("kafka", "kafak"))
    with pytest.raises(ConfigError, match="unknown type 'kafak'"):
        config.plan(desk.path, desk.environ)


def test_a_secret_of_a_file_that_changed_is_a_change_named_by_its_key(desk, file):
    from_file = ITEM.replace('"${PAGES}"', "5").replace("${credential:proxy}", "p")
    file(SECRET.encode())
    before = desk.load(from_file)
    file(b"another-one")

    found = difference.difference(before, desk.load(from_file))

    assert [(one.identifier, one.what) for one in found.integrations] == [
        ("a", ["config.password"])
    ]


def test_a_problem_with_a_value_from_a_file_does_not_repeat_it(desk, file):
    file(SECRET.encode())
    (found,) = desk.problems("triggerChannel: {type: KAFKA, saslMechanism: '${file:token}'}\n")
    assert "got '***'" in found
