"""What the processes of one integration may take together."""

import msgspec
import pytest

from framework.machine.limits import FLOOR, MACHINE, MIB, Limits, Written


def test_one_integration_never_takes_the_whole_machine():
    found = Limits()

    assert FLOOR < found.memory <= min(2048 * MIB, MACHINE // 2)
    assert found.open_files == 1024


def test_the_soft_limit_follows_the_other_one():
    followed, own = Limits(memory=500 * MIB), Limits(memory=500 * MIB, memory_soft=100 * MIB)

    assert (followed.memory_soft, followed.soft_follows) == (400 * MIB, True)
    assert (own.memory_soft, own.soft_follows) == (100 * MIB, False)


def test_limits_become_json():
    found = msgspec.json.decode(msgspec.json.encode(Limits(memory=500 * MIB)))

    assert found == {"memory": 500 * MIB, "memorySoft": 400 * MIB, "openFiles": 1024}


@pytest.mark.parametrize(("key", "name"), [("memory", "memory"), ("memory_soft", "memorySoft")])
def test_no_process_could_live_in_less_than_16_mib(key, name):
    with pytest.raises(ValueError, match=f"{name} is less than 16MiB"):
        Written(**{key: FLOOR - 1})
