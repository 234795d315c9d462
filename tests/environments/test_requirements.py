from pathlib import Path

import pytest
from msgspec import structs

from framework.environments import python, requirements
from framework.environments.requirements import Requirements
from framework.errors import BuildError

OWN = python.own()


def wanting(text: str) -> Requirements:
    return Requirements("kafka", "/i/kafka/requirements.txt", text)


def key(text: str) -> str:
    return requirements.key(wanting(text), OWN)


def test_comments_blank_lines_and_spaces_do_not_count() -> None:
    text = "# header\n\n  six  >=  1   # why\nidna\t; python_version > '3'\n   \n"
    assert requirements.normalised(text) == ["idna ; python_version > '3'", "six >= 1"]


def test_a_hash_inside_a_url_is_no_comment() -> None:
    line = "six @ https://host/six-1.whl#sha256=abc"
    assert requirements.normalised(line) == [line]


def test_continued_lines_are_one_requirement() -> None:
    assert requirements.normalised("six==1 \\\n  --hash=sha256:a\n") == ["six==1 --hash=sha256:a"]


def test_a_comment_ending_in_a_backslash_swallows_nothing() -> None:
    assert requirements.normalised("six # one \\\nidna\n") == ["idna", "six"]


def test_the_order_of_requirements_does_not_count_that_of_options_does() -> None:
    assert key("six\nidna") == key("idna\nsix")
    one, two = "--index-url https://a/", "--extra-index-url https://b/"
    assert key(f"{one}\n{two}\nsix") != key(f"{two}\n{one}\nsix")


def test_a_key_is_32_hex_digits_and_the_same_every_time() -> None:
    assert key("six") == key("six  # the same")
    assert len(key("six")) == 32
    assert int(key("six"), 16) > 0


@pytest.mark.parametrize("text", ["six<2", "six\nidna", "", "six ; python_version > '3'"])
def test_other_requirements_lead_to_another_key(text: str) -> None:
    assert key(text) != key("six")


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/opt/python"},
        {"size": 1},
        {"mtime_ns": 1},
        {"version": "3.99.0"},
        {"platform": "linux-riscv64"},
    ],
)
def test_another_python_leads_to_another_key(change: dict[str, str | int]) -> None:
    other = structs.replace(OWN, **change)
    assert requirements.key(wanting("six"), other) != key("six")


def test_a_file_is_read_with_the_names_that_messages_use(tmp_path: Path) -> None:
    path = tmp_path / "kafka" / "requirements.txt"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbfsix\n")  # some editors begin a file like this
    assert requirements.read(path) == Requirements("kafka", str(path), "six\n")


def test_a_missing_file_asks_for_nothing(tmp_path: Path) -> None:
    assert requirements.read(tmp_path / "requirements.txt").lines == []


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot be read: Is a directory"):
        requirements.read(tmp_path)


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"six\xff\n")
    with pytest.raises(BuildError, match=r"is not UTF-8 \(byte 3\)"):
        requirements.read(path)


def test_one_package_is_asked_for_exactly() -> None:
    assert requirements.exactly("msgspec", "0.22.0").lines == ["msgspec==0.22.0"]


@pytest.mark.parametrize(
    "line",
    [
        "-r base.txt",
        "-rbase.txt",
        "--requirement=base.txt",
        "-c pins.txt",
        "--constraint pins.txt",
        "-e ../mine",
        "--editable ../mine",
        "--find-links wheels",
        "-f ./wheels",
        "./mine",
        "/opt/mine",
        "~/mine",
        "mine/sub",
        "mine-1.0-py3-none-any.whl",
        "mine-1.0.tar.gz",
        "file:///opt/mine.whl",
        "mine @ file:///opt/mine.whl",
        "mine @ ../mine",
    ],
)
def test_a_line_that_names_another_file_is_refused(line: str) -> None:
    with pytest.raises(BuildError, match="names another file or folder"):
        requirements.refuse_other_files(wanting(f"six\n{line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "six",
        "six==1.17.0 ; python_version < '4' and platform_machine == 'x/y'",
        "requests[socks]>=2,<3",
        "six==1 --hash=sha256:abc",
        "six @ https://host/path/six-1.0-py3-none-any.whl",
        "https://host/path/six-1.0.tar.gz",
        "git+https://host/owner/repository.git@main",
        "--index-url https://host/simple",
        "--extra-index-url=https://host/simple/",
        "--find-links /opt/wheels",
        "-f https://host/wheels",
        "--pre",
    ],
)
def test_a_line_that_says_all_it_means_is_accepted(line: str) -> None:
    requirements.refuse_other_files(wanting(line))


def test_a_refused_line_shows_no_credentials() -> None:
    with pytest.raises(BuildError) as refusal:
        requirements.refuse_other_files(wanting("-r https://me:secret@host/base.txt"))
    assert "secret" not in str(refusal.value)
