import pytest

from framework.environments import complaint
from framework.process import Completed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://me:secret@host/simple/", "see https://***@host/simple/"),
        ("see https://token@host/simple/", "see https://***@host/simple/"),
        ("see https://me:with@sign@host/", "see https://***@host/"),
        ("git+ssh://git@host/o/r.git", "git+ssh://***@host/o/r.git"),
        ("HTTPS://me:secret@host", "HTTPS://***@host"),
        ("https://host/simple/", "https://host/simple/"),
        ("six @ https://host/six.whl", "six @ https://host/six.whl"),
        ("two https://a:b@c/ https://d:e@f/", "two https://***@c/ https://***@f/"),
    ],
)
def test_credentials_in_urls_are_hidden(text: str, expected: str) -> None:
    assert complaint.redacted(text) == expected


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    assert complaint.redacted("password hush refused", ["hush"]) == "password *** refused"


def test_a_complaint_names_the_step_repeats_uv_and_says_what_to_do() -> None:
    failed = Completed(1, "", "error: No solution found\n  cause: you require six<1 and six>1\n")
    assert complaint.explain("r.txt: installing", failed, []) == (
        "r.txt: installing failed (uv: exit status 1):\n"
        "error: No solution found\n  cause: you require six<1 and six>1\n"
        "Correct the requirements."
    )


def test_of_many_lines_the_last_ones_are_kept() -> None:
    failed = Completed(1, "", "\n".join(f"line {n}" for n in range(1000)))
    said = complaint.explain("r.txt: installing", failed, []).splitlines()
    assert said[1:3] == ["line 960", "line 961"]
    assert said[-2] == "line 999"


def test_what_was_printed_elsewhere_is_used_where_there_is_no_error_text() -> None:
    assert "six is broken" in complaint.explain("checking", Completed(1, "six is broken", ""), [])
    assert "it printed nothing" in complaint.explain("checking", Completed(1, "", " \n"), [])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("No solution found\nhint: the network was disabled", "UV_OFFLINE"),
        ("No solution found\nhint: (401 Unauthorized)", "credentials"),
        ("No solution found: connection-pool was not found", "Correct the requirements"),
        ("error sending request for url", "can be reached"),
        ("failed to write: No space left on device (os error 28)", "Free some space"),
        ("Permission denied (os error 13)", "writable"),
        ("No interpreter found at path `/p`", "make sync"),
        ("Couldn't parse requirement", "Correct the requirements"),
    ],
)
def test_the_advice_fits_what_uv_said(said: str, expected: str) -> None:
    assert expected in complaint.advice(said)
