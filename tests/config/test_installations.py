"""`environments:` and the same keys on an integration: which Python, packages from where."""

from pathlib import Path

import pytest

from framework.environments.settings import Installation


def items(*written: str) -> str:
    head = "integrations:\n"
    return head + "".join(
        f"  - {{identifier: i{number}, type: pets, {one}}}\n" for number, one in enumerate(written)
    )


@pytest.fixture(autouse=True)
def pets(desk) -> Path:
    return desk.install("pets")


def test_nothing_said_is_the_defaults(load):
    (found,) = load(items("")).integrations

    assert found.installation == Installation()


def test_what_stands_in_environments_holds_for_every_integration(load):
    text = "environments: {python: '3.12', offline: true}\n"

    first, second = load(text + items("", "")).integrations

    assert first.installation == second.installation == Installation(python="3.12", offline=True)


def test_the_keys_of_an_integration_win_also_with_a_default(load):
    text = "environments: {python: '3.12', offline: true, excludeNewer: 7 days}\n"

    (found,) = load(text + items("python: '3.10', offline: false")).integrations

    assert found.installation == Installation(python="3.10", exclude_newer="7 days")


def test_a_list_of_an_integration_replaces_the_whole_list(load):
    text = "environments: {indexes: ['https://a/simple'], onlyBinary: [':all:']}\n"

    first, second = load(
        text + items("indexes: ['https://b/simple']", "indexes: [], onlyBinary:")
    ).integrations

    assert first.installation.indexes == ["https://b/simple"]
    assert first.installation.only_binary == [":all:"]
    assert second.installation == Installation(only_binary=[":all:"])


def test_paths_are_found_from_the_folder_of_the_file(desk):
    text = "environments: {findLinks: [wheels, /opt/wheels, 'https://example.com/wheels']}\n"

    (found,) = desk.load(text + items("python: ./python/bin/python3")).integrations

    assert found.installation.python == str(desk.folder / "python/bin/python3")
    assert found.installation.find_links == [
        str(desk.folder / "wheels"),
        "/opt/wheels",
        "https://example.com/wheels",
    ]


def test_credentials_of_an_index_come_from_the_environment(desk):
    desk.environ["TOKEN"] = "s3cret"
    text = "environments: {indexes: ['https://me:${TOKEN}@example.com/simple']}\n"

    found = desk.load(text + items(""))

    (url,) = found.integrations[0].installation.indexes
    assert url == "https://me:s3cret@example.com/simple"
    assert "s3cret" not in repr(found)


def test_a_password_that_is_not_encoded_is_refused_and_not_shown(desk):
    desk.environ["TOKEN"] = "s3/cret@"
    (found,) = desk.problems(items("indexes: ['https://me:${TOKEN}@example.com/simple']"))

    assert found.startswith("config.yaml:3: integrations[0].indexes[0]: expected a URL such as ")
    assert "s3" not in found


def test_what_is_wrong_is_said_where_it_stands(problems):
    text = "environments:\n  indexs: []\n"

    found = problems(text + items("pyhton: '3.12'", "excludeNewer: 2026-02-31"))

    assert found == [
        "config.yaml:3: environments.indexs: unknown key; did you mean indexes?",
        "config.yaml:5: integrations[0].pyhton: unknown key; did you mean python?",
        (
            "config.yaml:6: integrations[1].excludeNewer: '2026-02-31': "
            "day is out of range for month"
        ),
    ]


def test_a_missing_variable_is_named_once(problems):
    text = "environments: {indexes: ['https://${TOKEN}@example.com/simple']}\n"

    assert problems(text + items("", "")) == [
        (
            "config.yaml:2: environments.indexes[0]: "
            "the environment variable TOKEN is not set; export it and start again"
        )
    ]
