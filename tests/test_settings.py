"""What every section of config.yaml has in common."""

import msgspec
import pytest

from framework.settings import MOST, Bytes, Settings


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


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (1048576, 1048576),
        ("1048576", 1048576),
        ("512MiB", 512 * 1024**2),
        ("2GiB", 2 * 1024**3),
        ("1.5 GiB", 1536 * 1024**2),
        ("10MB", 10_000_000),
        ("3kb", 3000),
        ("7B", 7),
        ("999999999999999TiB", MOST),
    ],
)
def test_a_size_is_written_with_a_unit_or_in_bytes(written, size):
    assert Bytes(written) == size


@pytest.mark.parametrize(
    "written", ["512M", "MiB", "-1", "1e9", "", "1 000", "٣MiB", True, None, []]
)
def test_what_is_no_size_is_refused(written):
    with pytest.raises(ValueError, match=r"expected a size such as 512MiB, 2GiB or 10MB"):
        Bytes(written)
