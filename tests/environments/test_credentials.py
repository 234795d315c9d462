import pytest

from framework.environments import credentials


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
    assert credentials.redacted(text) == expected


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    assert credentials.redacted("password hush refused", ["hush"]) == "password *** refused"
