import pytest

from framework.environments import Environment
from framework.environments.installed import current, receipt
from framework.environments.installed.current import Bad, Current
from framework.errors import FrameworkError


@pytest.fixture
def environment(tmp_path):
    path = tmp_path / "envs" / "key"
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "python").touch()
    (path / receipt.NAME).touch()
    (tmp_path / "msgspec").mkdir()
    return Environment("key", path, tmp_path / "msgspec")


def test_what_is_written_is_read_again(tmp_path, environment):
    state = Current(environment, environment, 12.5, Bad("k", "f", "no `ready`"))
    file = current.path(tmp_path, "jira")
    current.write(file, Current())
    current.write(file, state)

    assert current.read(file) == state
    assert list(file.parent.iterdir()) == [file]


def test_an_integration_that_never_ran_has_no_environment_yet(tmp_path):
    assert current.read(current.path(tmp_path, "jira")) == Current()
    assert current.read_all(tmp_path) == {}


def test_all_of_them_are_read_by_integration(tmp_path, environment):
    for name in ("jira", "kafka.eu", ".odd"):
        current.write(current.path(tmp_path, name), Current(environment))
    (tmp_path / "current" / "jira.new").write_text("half wri")

    assert set(current.read_all(tmp_path)) == {"jira", "kafka.eu", ".odd"}
    assert current.read_all(tmp_path)["jira"] == Current(environment)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"since":"x"}', b"\xff"])
def test_a_damaged_file_is_told_with_what_to_do(tmp_path, content):
    file = tmp_path / "jira.json"
    file.write_bytes(content)

    with pytest.raises(FrameworkError, match=r"jira.json cannot be read: .* remove it to go on"):
        current.read(file)


def test_an_environment_is_whole_with_its_marker_its_python_and_the_msgspec_beside_it(environment):
    assert current.whole(environment)
    assert not current.whole(None)


@pytest.mark.parametrize("lost", [receipt.NAME, "bin/python"])
def test_an_environment_that_lost_something_is_not(environment, lost):
    (environment.path / lost).unlink()

    assert not current.whole(environment)


def test_neither_is_one_whose_python_was_removed(environment):
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")

    assert not current.whole(environment)


def test_neither_is_one_without_msgspec_for_the_sdk(environment):
    environment.msgspec.rmdir()

    assert not current.whole(environment)
