"""What every section of config.yaml has in common."""

import msgspec
import pytest

from framework.settings import Settings


class Oven(Settings, frozen=True):
    max_heat: int = 200
    type: str = "gas"


class Gas(Settings, frozen=True, tag="GAS"):
    bottles: int = 1


class Wood(Settings, frozen=True, tag="WOOD"):
    logs: int = 10


def test_keys_are_written_in_camel_case():
    assert msgspec.convert({"maxHeat": 250}, Oven).max_heat == 250


def test_an_unknown_key_is_refused():
    with pytest.raises(msgspec.ValidationError, match="unknown field `max_heat`"):
        msgspec.convert({"max_heat": 250}, Oven)


def test_settings_do_not_change():
    with pytest.raises(AttributeError):
        Oven().max_heat = 1  # type: ignore[misc] - that is what is tested


def test_type_picks_the_member_of_a_union():
    assert msgspec.convert({"type": "WOOD", "logs": 3}, Gas | Wood) == Wood(logs=3)


def test_settings_without_a_tag_may_have_a_type_of_their_own():
    assert msgspec.convert({"type": "electric"}, Oven).type == "electric"
