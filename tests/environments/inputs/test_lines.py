from pathlib import Path

import pytest

from framework.environments.inputs import lines

HERE = Path("/i/kafka")


def test_comments_blank_lines_and_spaces_do_not_count() -> None:
    text = "# header\n\n  six  >=  1   # why\nidna\t; python_version > '3'\n   \n"
    assert lines.normalised(text) == ["idna ; python_version > '3'", "six >= 1"]


def test_a_hash_inside_a_url_is_no_comment() -> None:
    line = "six @ https://host/six-1.whl#sha256=abc"
    assert lines.normalised(line) == [line]


def test_continued_lines_are_one_requirement() -> None:
    assert lines.normalised("six==1 \\\n  --hash=sha256:a\n") == ["six==1 --hash=sha256:a"]


def test_a_comment_ending_in_a_backslash_swallows_nothing() -> None:
    assert lines.normalised("six # one \\\nidna\n") == ["idna", "six"]


def test_options_stay_in_order_and_come_first() -> None:
    text = "six\n--index-url https://b/\nidna\n--extra-index-url https://a/\n-e ./mine\n"
    assert lines.normalised(text) == [
        "--index-url https://b/",
        "--extra-index-url https://a/",
        "-e ./mine",
        "idna",
        "six",
    ]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("-e ../mine", "/i/kafka/../mine"),
        ("-e mine", "/i/kafka/mine"),
        ("--editable=./mine[extra]", "/i/kafka/mine"),
        ("./mine", "/i/kafka/mine"),
        ("./mine ; python_version > '3'", "/i/kafka/mine"),
        ("/opt/mine", "/opt/mine"),
        ("mine/sub", "/i/kafka/mine/sub"),
        ("mine-1.0-py3-none-any.whl --hash=sha256:0", "/i/kafka/mine-1.0-py3-none-any.whl"),
        ("mine-1.0.tar.gz", "/i/kafka/mine-1.0.tar.gz"),
        ("file:///opt/my%20mine.whl", "/opt/my mine.whl"),
        ("mine @ file:///opt/mine.whl#egg=mine", "/opt/mine.whl"),
        ("mine[extra]@ ../mine", "/i/kafka/../mine"),
    ],
)
def test_a_requirement_from_this_machine_is_known_for_one(line: str, path: str) -> None:
    assert lines.local(line, HERE) == Path(path)


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
        "-e git+https://host/owner/repository.git",
        "--index-url https://host/simple",
        "--find-links ./wheels",
        "-c six<2",
    ],
)
def test_a_requirement_from_elsewhere_is_not_of_this_machine(line: str) -> None:
    assert lines.local(line, HERE) is None


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--find-links wheels", "--find-links /i/kafka/wheels"),
        ("-f ./wheels", "-f /i/kafka/wheels"),
        ("-f /opt/wheels", "-f /opt/wheels"),
        ("--find-links https://host/wheels", "--find-links https://host/wheels"),
        ('--find-links "/a b"', "--find-links file:///a%20b"),
        ("--find-links='a b'", "--find-links file:///i/kafka/a%20b"),
        ('-f "https://host/wheels"', "-f https://host/wheels"),
        ("six", "six"),
    ],
)
def test_an_option_with_a_path_is_made_to_mean_the_same_elsewhere(
    option: str, expected: str
) -> None:
    assert lines.absolute(option, HERE) == expected
