import pytest

from framework.errors import ConfigError
from framework.port import resources


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".port" / "resources").mkdir(parents=True)
    return tmp_path


def write(folder, name, text):
    path = folder / ".port" / "resources" / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(folder):
    return resources.load(folder, "kafka", "my-kafka", "0.1.0")


@pytest.mark.parametrize("name", ["port-app-config.yaml", "port-app-config.yml"])
def test_blueprints_and_mapping_are_read(folder, name):
    write(folder, "blueprints.json", '[{"identifier": "a"}, {"identifier": "b"}]')
    write(folder, name, "resources:\n  - kind: topic\n")

    found = load(folder)

    assert (found.type, found.identifier, found.version) == ("kafka", "my-kafka", "0.1.0")
    assert [each["identifier"] for each in found.blueprints] == ["a", "b"]
    assert found.mapping == {"resources": [{"kind": "topic"}]}


def test_what_is_absent_is_empty(tmp_path, folder):
    write(folder, "port-app-config.yaml", "# nothing yet\n")

    assert (load(folder).blueprints, load(folder).mapping) == ([], {})
    assert load(tmp_path / "nowhere").mapping == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[\n{"identifier": }]', r":2: not JSON"),
        ('{"identifier": "a"}', r":1: expected a list"),
        ('[{"identifier": "a"}, 7]', "number 2 has no identifier"),
        ('[{"title": "a"}]', "number 1 has no identifier"),
        ('[{"identifier": "a"}, {"identifier": "a"}]', "two blueprints 'a'"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_wrong_blueprints_are_named_with_file_and_line(folder, text, problem):
    path = write(folder, "blueprints.json", text)

    with pytest.raises(ConfigError, match=problem) as caught:
        load(folder)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: [\n", r":3: not YAML"),
        ("a: \x00", "not YAML"),
        ("- a\n", r":1: expected a mapping"),
    ],
)
def test_a_wrong_mapping_is_named_with_file_and_line(folder, text, problem):
    path = write(folder, "port-app-config.yml", text)

    with pytest.raises(ConfigError, match=problem) as caught:
        load(folder)
    assert str(caught.value).startswith(str(path))


def test_what_cannot_be_read_is_named(folder):
    (folder / ".port" / "resources" / "blueprints.json").symlink_to("/proc/self/mem")

    with pytest.raises(ConfigError, match="make it readable"):
        load(folder)
