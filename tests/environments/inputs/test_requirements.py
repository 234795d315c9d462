from pathlib import Path

import pytest

from framework.environments.inputs import requirements
from framework.errors import RequirementsError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kafka"
    folder.mkdir()
    return folder


def test_a_file_is_read_with_the_names_that_messages_use(folder: Path) -> None:
    (folder / "requirements.txt").write_bytes(b"\xef\xbb\xbfsix\n")  # some editors begin like this
    found = requirements.read(folder)
    assert (found.name, found.source) == ("kafka", str(folder / "requirements.txt"))
    assert found.lines == ["six"]
    assert found.text is None


def test_a_folder_without_any_asks_for_nothing(folder: Path) -> None:
    assert requirements.read(folder).lines == []


def test_included_files_count_as_if_they_stood_there(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "requirements.txt").write_text("-r more/base.txt\nsix\n-c pins.txt\n")
    (folder / "more" / "base.txt").write_text("--find-links wheels\nidna\n--requirement=deep.txt\n")
    (folder / "more" / "deep.txt").write_text("toml\n")
    (folder / "pins.txt").write_text("--constraint pins2.txt\ntoml<1\n")
    (folder / "pins2.txt").write_text("six<2\n")
    assert requirements.read(folder).lines == [
        f"--find-links {folder}/more/wheels",
        "-c six<2",
        "-c toml<1",
        "idna",
        "six",
        "toml",
    ]


def test_files_that_include_each_other_are_refused(folder: Path) -> None:
    (folder / "requirements.txt").write_text("-r a.txt\n")
    (folder / "a.txt").write_text("-r requirements.txt\n")
    with pytest.raises(RequirementsError, match=r"a\.txt includes .*requirements\.txt"):
        requirements.read(folder)


def test_an_included_file_on_another_machine_is_refused_without_its_credentials(
    folder: Path,
) -> None:
    (folder / "requirements.txt").write_text("-r https://me:secret@host/base.txt\n")
    with pytest.raises(RequirementsError, match="on another machine") as refusal:
        requirements.read(folder)
    assert "secret" not in str(refusal.value)


def test_what_is_included_and_missing_is_named(folder: Path) -> None:
    (folder / "requirements.txt").write_text("-r gone.txt\n")
    with pytest.raises(RequirementsError, match=r"gone\.txt cannot be read: No such file"):
        requirements.read(folder)


def test_a_folder_that_may_not_be_looked_into_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(RequirementsError, match="cannot be read: Permission denied"):
        requirements.read(Path("/proc/1/fdinfo"))


def test_a_file_that_is_not_utf8_says_where(folder: Path) -> None:
    (folder / "requirements.txt").write_bytes(b"six\xff\n")
    with pytest.raises(RequirementsError, match=r"is not UTF-8 \(byte 3\)"):
        requirements.read(folder)


def test_options_are_told_apart(folder: Path) -> None:
    (folder / "requirements.txt").write_text(
        "-i https://a/\n--no-binary six\n--only-binary=idna\n-f /w\n--pre\nsix\n"
    )
    found = requirements.read(folder)
    assert found.places == ["-i https://a/", "-f /w"]
    assert found.forms == ["--no-binary six", "--only-binary=idna"]


def test_what_is_installed_from_this_machine_is_listed_once(folder: Path) -> None:
    (folder / "requirements.txt").write_text("-e ./b\n./a\nsix\na2 @ file:///opt/a\n./a\n")
    assert requirements.read(folder).local == [Path("/opt/a"), folder / "a", folder / "b"]


def test_one_package_is_asked_for_exactly() -> None:
    assert requirements.exactly("msgspec", "0.22.0").lines == ["msgspec==0.22.0"]


# --- pyproject.toml


def test_dependencies_of_a_project_count_where_there_is_no_requirements_txt(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["six  <2", "idna"]\n')
    found = requirements.read(folder)
    assert found.source == str(folder / "pyproject.toml")
    assert found.lines == ["idna", "six <2"]
    assert found.text == "six  <2\nidna"
    (folder / "requirements.txt").write_text("toml")
    assert requirements.read(folder).lines == ["toml"]


def test_a_project_without_dependencies_asks_for_nothing(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert requirements.read(folder).lines == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[project", "is not TOML"),
        ("project = 1", "not a list of strings"),
        ("[project]\ndependencies = 'six'", "not a list of strings"),
        ("[project]\ndependencies = [1]", "not a list of strings"),
        ("[project]\ndynamic = ['dependencies']", "are dynamic.*requirements.txt beside it"),
    ],
)
def test_a_project_that_does_not_tell_its_dependencies_is_refused(
    folder: Path, text: str, complaint: str
) -> None:
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(RequirementsError, match=complaint):
        requirements.read(folder)
