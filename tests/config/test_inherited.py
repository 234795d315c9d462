"""`limits:` and `environments:`, and the same keys on an integration."""

from pathlib import Path

import pytest

from framework.environments.settings import Installation
from framework.machine.limits import MIB, Limits


def items(*written: str) -> str:
    head = "integrations:\n"
    return head + "".join(
        f"  - {{identifier: i{number}, type: pets, {one}}}\n" for number, one in enumerate(written)
    )


@pytest.fixture(autouse=True)
def pets(desk) -> Path:
    return desk.install("pets")


# --- limits


def test_nothing_said_protects_the_machine(load):
    (found,) = load(items("")).integrations

    assert found.limits == Limits()


def test_what_stands_in_limits_holds_for_every_integration(load):
    text = "limits: {memory: 1GiB, openFiles: 256}\n"

    first, second = load(text + items("", "limits:")).integrations

    wanted = Limits(memory=1024 * MIB, memory_soft=1024 * MIB * 4 // 5, open_files=256)
    assert first.limits == second.limits == wanted


def test_the_keys_of_an_integration_win_one_by_one(load):
    text = "limits: {memory: 1GiB, memorySoft: 400MiB, openFiles: 256}\n"

    first, second = load(
        text + items("limits: {memory: 500MiB}", "limits: {memory:, openFiles: '4096'}")
    ).integrations

    assert first.limits == Limits(memory=500 * MIB, memory_soft=400 * MIB, open_files=256)
    assert second.limits == Limits(memory=1024 * MIB, memory_soft=400 * MIB, open_files=4096)


def test_the_soft_limit_follows_the_integrations_own_memory(load):
    text = "limits: {memory: 1GiB}\n"

    (found,) = load(text + items("limits: {memory: 500MiB}")).integrations

    assert found.limits.memory_soft == 400 * MIB


def test_a_size_may_come_from_the_environment(desk):
    desk.environ["ROOM"] = "300MiB"

    (found,) = desk.load(items("limits: {memory: '${ROOM}'}")).integrations

    assert found.limits.memory == 300 * MIB


def test_what_is_wrong_is_said_where_it_stands(problems):
    text = "limits:\n  memory: lots\n"

    found = problems(
        text
        + items(
            "limits: {memory: 512}",
            "limits: {openFiles: 63}",
            "limits: {openFile: 100}",
            "limits: 2GiB",
            "limits: {memory: 512M}",
        )
    )

    size = "expected a size such as 512MiB, 2GiB or 10MB, or a number of bytes"
    where = "integrations[{}].limits"
    assert found == [
        f"config.yaml:3: limits.memory: {size}",
        (
            f"config.yaml:5: {where.format(0)}.memory: "
            "is less than 16MiB; write a unit, such as 512MiB"
        ),
        (
            f"config.yaml:6: {where.format(1)}.openFiles: "
            "expected a number of open files, 64 to 1048576"
        ),
        f"config.yaml:7: {where.format(2)}.openFile: unknown key; did you mean openFiles?",
        f"config.yaml:8: {where.format(3)}: expected a mapping, got a string",
        f"config.yaml:9: {where.format(4)}.memory: {size}",
    ]


def test_the_soft_limit_must_be_below_the_other_one(problems):
    assert problems("limits:\n  memory: 512MiB\n  memorySoft: 512MiB\n" + items("")) == [
        (
            "config.yaml:4: limits.memorySoft: "
            "must be below memory, 512 MiB; lower it, or raise memory"
        )
    ]


def test_an_integrations_limits_must_go_with_those_of_all(problems):
    text = "limits: {memory: 1GiB, memorySoft: 800MiB}\n"

    assert problems(text + items("limits: {memory: 500MiB}", "limits: {memorySoft: 2GiB}")) == [
        (
            "config.yaml:4: integrations[0].limits.memory: "
            "must be above memorySoft, 800 MiB; raise it, or lower that"
        ),
        (
            "config.yaml:5: integrations[1].limits.memorySoft: "
            "must be below memory, 1024 MiB; lower it, or raise memory"
        ),
    ]


def test_what_is_wrong_for_all_is_said_once(problems):
    text = "limits: {memory: 1GiB, memorySoft: 2GiB}\n"

    assert len(problems(text + items("", "limits: {openFiles: 100}"))) == 1


def test_other_problems_of_an_integration_are_said_as_well(problems):
    assert [
        line.partition(": ")[0]
        for line in problems(items("limits: {memory: 20MiB, memorySoft: 30MiB}, env: {1A: x}"))
    ] == ["config.yaml:3", "config.yaml:3"]


# --- environments


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


def test_a_wrong_key_of_an_environment_is_said_where_it_stands(problems):
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
