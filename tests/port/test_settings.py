import msgspec
import pytest

from framework.port.settings import Port


@pytest.mark.parametrize(
    "address", ["https://api.getport.io", "https://api.getport.io/", "https://api.getport.io/v1/"]
)
def test_the_address_may_stand_with_and_without_its_version(address):
    assert Port(base_url=address).root == "https://api.getport.io/v1"


def test_the_sandbox_is_an_address_too():
    assert msgspec.convert({"baseUrl": "sandbox"}, Port).base_url == "sandbox"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.getport.io",
        "ftp://h",
        "https://",
        "http://h:x",
        "http://[::1",
        "http://a b",
        "https://user:password@h",
        "https://h/v1?a=1",
        "https://h/#f",
        "https://h\nx",
    ],
)
def test_what_is_no_address_is_refused_without_being_quoted(address):
    with pytest.raises(msgspec.ValidationError, match=r"getport.io/v1 \(EU\)") as caught:
        msgspec.convert({"baseUrl": address}, Port)

    assert "password" not in str(caught.value)


def test_the_secret_is_not_shown():
    assert "hush" not in repr(Port(client_secret="hush"))
