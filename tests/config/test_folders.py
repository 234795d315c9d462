"""`integrationsPath:`: where types are looked for."""

from pathlib import Path

import pytest

from framework.config import load
from framework.errors import ConfigError

ITEM = "integrations: [{identifier: a, type: pets}]\n"


def install(root: Path, name: str = "pets") -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "main.py").touch()
    return root / name


def write(folder: Path, paths: object) -> Path:
    path = folder / "config.yaml"
    path.write_text(f"port: {{baseUrl: sandbox}}\nintegrationsPath: {paths}\n{ITEM}")
    return path


def test_folders_are_relative_to_the_file(tmp_path):
    place = install(tmp_path / "private")

    assert load(write(tmp_path, "[private]"), {}).integrations[0].folder == place


def test_folders_may_be_absolute_or_at_home(tmp_path, monkeypatch):
    place = install(tmp_path / "home" / "mine")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert load(write(tmp_path, [str(place.parent)]), {}).integrations[0].folder == place
    assert load(write(tmp_path, "[~/mine]"), {}).integrations[0].folder == place


def test_of_two_types_with_one_name_the_first_is_taken(tmp_path):
    first = install(tmp_path / "private")
    install(tmp_path / "public")

    found = load(write(tmp_path, "[private, public]"), {})

    assert found.integrations[0].folder == first


def test_a_link_is_followed_to_the_real_folder(tmp_path):
    place = install(tmp_path / "elsewhere", "pets-1.2")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "pets").symlink_to(place)

    assert load(write(tmp_path, "[private]"), {}).integrations[0].folder == place


def test_a_folder_without_main_py_is_named(tmp_path):
    (tmp_path / "private" / "pets").mkdir(parents=True)

    with pytest.raises(ConfigError, match=r"\[0\]\.type: .*/private/pets has no main\.py"):
        load(write(tmp_path, "[private]"), {})


def test_an_unknown_type_comes_with_the_known_ones(tmp_path):
    install(tmp_path / "private", "zoo")
    install(tmp_path / "private", "kafka")

    with pytest.raises(ConfigError, match=r"unknown type 'pets'; known types: kafka, zoo \(in "):
        load(write(tmp_path, "[private]"), {})


def test_a_folder_that_is_not_there_is_named(tmp_path):
    install(tmp_path / "private")

    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[private, absent]"), {})

    assert str(caught.value) == (
        f"{tmp_path}/config.yaml:2: integrationsPath[1]: {tmp_path}/absent: "
        "No such file or directory"
    )


def test_a_path_that_is_no_list_says_so(tmp_path):
    with pytest.raises(ConfigError, match="integrationsPath: expected a list, got a string"):
        load(write(tmp_path, "private"), {})


@pytest.mark.parametrize("name", ["../private/pets", "x" * 5000, '"\\0"', "''"])
def test_a_type_that_could_be_no_folder_is_an_unknown_type(tmp_path, name):
    install(tmp_path / "private")
    path = write(tmp_path, "[private]")
    path.write_text(path.read_text().replace("type: pets", f"type: {name}"))

    with pytest.raises(ConfigError, match=r"\[0\]\.type: unknown type"):
        load(path, {})


@pytest.mark.parametrize("folder", ['"\\0"', "x" * 5000])
def test_a_folder_that_could_be_none_is_refused(tmp_path, folder):
    with pytest.raises(ConfigError, match=r"config\.yaml:2: integrationsPath\[0\]: "):
        load(write(tmp_path, f"[{folder}]"), {})


def test_the_home_of_nobody_is_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="~nobody-at-all/x: No such file"):
        load(write(tmp_path, "[~nobody-at-all/x]"), {})


def test_a_type_that_cannot_own_entities_in_port_is_refused(tmp_path):
    install(tmp_path / "private", "zoö")
    path = write(tmp_path, "[private]")
    path.write_text(path.read_text().replace("type: pets", "type: zoö"))

    with pytest.raises(ConfigError, match=r"\[0\]\.type: name the folder with"):
        load(path, {})


def test_a_folder_that_is_closed_to_us_concerns_only_who_names_it(tmp_path):
    """Root may look everywhere, so there both of them are found."""
    install(tmp_path / "private")
    closed = install(tmp_path / "private", "closed")
    closed.chmod(0)
    try:
        assert load(write(tmp_path, "[private]"), {}).integrations[0].type == "pets"
    finally:
        closed.chmod(0o700)
