"""`limits:` and the same keys on an integration: what each of them may take."""

from pathlib import Path

import pytest

from framework.machine.limits import MIB, Limits


def items(*written: str) -> str:
    head = "integrations:\n"
    return head + "".join(
        f"  - {{identifier: i{number}, type: pets, {one}}}\n" for number, one in enumerate(written)
    )


@pytest.fixture(autouse=True)
def pets(desk) -> Path:
    return desk.install("pets")


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
