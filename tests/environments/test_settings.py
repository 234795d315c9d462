"""How an environment is installed: what is accepted, and that no credential is ever shown."""

from pathlib import Path

import pytest
from rich.pretty import pretty_repr

from framework.document.fit import MisfitError, fit
from framework.environments.settings import Installation

PASSWORD = "hunter2"
SECRET_INDEX = f"https://me:{PASSWORD}@example.com/simple"


@pytest.mark.parametrize(
    "written",
    [
        {"python": "3.10"},
        {"python": "3.13"},
        {"python": "/opt/python/bin/python3.12"},
        {"indexes": [SECRET_INDEX, "http://[::1]:8080/simple/", "file:///srv/simple"]},
        {"findLinks": ["wheels", "../wheels", "~/wheels", "https://example.com/wheels.html"]},
        {"offline": True},
        {"excludeNewer": "2026-11-24"},
        {"excludeNewer": "2026-11-24T10:00:00Z"},
        {"excludeNewer": "7 days"},
        {"excludeNewer": "1w"},
        {"excludeNewer": "24 hours"},
        {"excludeNewer": "P7D"},
        {"excludeNewer": "PT24H"},
        {"onlyBinary": [":all:"]},
        {"onlyBinary": ["docopt", "zope.interface"]},
    ],
)
def test_what_uv_takes_is_accepted(written):
    accepted = fit(written, Installation)

    assert accepted != Installation()


@pytest.mark.parametrize(
    ("written", "way", "text"),
    [
        ({"python": "3.9"}, ("python",), 'a version, "3.10" to "3.13", or the path of a Python'),
        ({"python": "3.14"}, ("python",), "a version"),
        ({"python": "3.12.1"}, ("python",), "a version"),
        ({"python": 3.1}, ("python",), "got a number; put it in quotes"),
        ({"indexes": "https://example.com"}, ("indexes",), "a list, got a string"),
        ({"indexes": ["example.com"]}, ("indexes", 0), "a URL such as"),
        ({"indexes": ["ftp://example.com"]}, ("indexes", 0), "a URL such as"),
        ({"indexes": [f"https://me:{PASSWORD}/"]}, ("indexes", 0), "a URL such as"),
        ({"indexes": [f"https://me:{PASSWORD}/x@h/"]}, ("indexes", 0), "characters in user and"),
        ({"indexes": [f"https://me:{PASSWORD}#x@h/"]}, ("indexes", 0), "a URL such as"),
        ({"findLinks": [f"s3://{PASSWORD}@x"]}, ("findLinks", 0), "a folder with wheels"),
        ({"findLinks": [""]}, ("findLinks", 0), "a folder with wheels"),
        ({"excludeNewer": "yesterday"}, ("excludeNewer",), 'or an age ("7 days")'),
        ({"excludeNewer": "1 month"}, ("excludeNewer",), 'or an age ("7 days")'),
        ({"excludeNewer": 20261124}, ("excludeNewer",), "put it in quotes"),
        ({"excludeNewer": "2026-02-31"}, ("excludeNewer",), "day is out of range"),
        ({"onlyBinary": ["a b"]}, ("onlyBinary", 0), "the name of a package, or :all:"),
        ({"linkMode": "copy"}, ("linkMode",), "unknown key"),
    ],
)
def test_what_no_build_could_use_is_refused_without_its_secrets(written, way, text):
    with pytest.raises(MisfitError) as caught:
        fit(written, Installation)

    assert caught.value.keys == way
    assert text in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("show", [repr, str, pretty_repr, "{}".format])
def test_credentials_are_left_out_wherever_it_is_shown(show):
    shown = show(Installation(indexes=[SECRET_INDEX], find_links=[SECRET_INDEX], python="3.12"))

    assert PASSWORD not in shown
    assert "https://example.com/simple" in shown
    assert "3.12" in shown


def test_secrets_are_known_as_written_and_decoded():
    installation = Installation(
        indexes=[
            "https://me:p%40ss@example.com/simple",
            "https://token@example.com/simple",
            "https://dl.cloudsmith.io/a1B2c3D4e5F6g7H8/acme/python/simple",
            "https://example.com/integration-packages/simple",
        ],
        find_links=["/srv/a1B2c3D4e5F6g7H8", "https://me:other@example.com/"],
    )

    assert installation.secrets == ["p%40ss", "p@ss", "token", "other", "a1B2c3D4e5F6g7H8"]


def test_the_public_form_has_the_same_places_without_credentials():
    installation = Installation(
        indexes=[SECRET_INDEX, "https://dl.cloudsmith.io/a1B2c3D4e5F6g7H8/acme/simple"],
        find_links=["/srv/wheels", "http://me@127.0.0.1:81/"],
        offline=True,
    )

    assert installation.public() == Installation(
        indexes=["https://example.com/simple", "https://dl.cloudsmith.io/***/acme/simple"],
        find_links=["/srv/wheels", "http://127.0.0.1:81/"],
        offline=True,
    )
    assert installation.public().secrets == []


def test_paths_are_found_from_a_folder_and_versions_and_urls_left_alone(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    links = ["wheels", "~/wheels", "~nobody-at-all/wheels", "https://example.com/"]

    found = Installation(python="./python3", find_links=links).beside(Path("/etc/framework"))

    assert found.python == "/etc/framework/python3"
    assert found.find_links == [
        "/etc/framework/wheels",
        "/home/me/wheels",
        "/etc/framework/~nobody-at-all/wheels",
        "https://example.com/",
    ]
    assert found.beside(Path("/elsewhere")) == found
    assert Installation(python="3.12").beside(Path("/etc")).python == "3.12"
