"""`${VAR}`, `${VAR:-default}`, `$$`."""

import os
from pathlib import Path
from typing import Any

import pytest

from framework.config.placeholders import fill
from framework.config.sources import Sources

ENVIRON = {"HOST": "broker", "PORT": "9092", "EMPTY": "", "BYTES": os.fsdecode(b"\xff")}


def filled(value: Any) -> tuple[Any, list[tuple[Any, str]]]:
    complaints: list[tuple[Any, str]] = []
    return fill(
        value, Sources(ENVIRON, Path()), lambda keys, error: complaints.append((keys, str(error)))
    ), complaints


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${HOST}", "broker"),
        ("tcp://${HOST}:${PORT}/", "tcp://broker:9092/"),
        ("${ABSENT:-there}", "there"),
        ("${ABSENT:-}", ""),
        ("${HOST:-there}", "broker"),
        ("${EMPTY:-there}", "there"),
        ("${EMPTY}", ""),
        ("$${HOST}", "${HOST}"),
        ("$$$${HOST}", "$${HOST}"),
        ("pa$word", "pa$word"),
        ("end$", "end$"),
        (5, 5),
        (None, None),
        ({"a": ["${HOST}", True]}, {"a": ["broker", True]}),
    ],
)
def test_a_placeholder_is_replaced_wherever_it_stands_in_a_value(written, meant):
    assert filled(written) == (meant, [])


def test_what_came_from_a_variable_is_not_read_again():
    assert fill("${A}", Sources({"A": "${B}"}, Path()), lambda *_: None) == "${B}"


def test_a_missing_variable_is_named_with_the_way_to_it():
    assert filled({"a": [1, "x${ABSENT}"], "b": "${HOST}"}) == (
        {"a": [1, "x${ABSENT}"], "b": "broker"},
        [(("a", 1), "the environment variable ABSENT is not set; export it and start again")],
    )


@pytest.mark.parametrize("text", ["${", "${}", "${1}", "${A B}", "${HOST:-${PORT}}", "${HOST-x}"])
def test_what_looks_like_a_placeholder_but_is_none_is_refused(text):
    assert filled(text)[1] == [
        (
            (),
            (
                "write ${NAME}, ${NAME:-default}, ${file:PATH} or ${credential:NAME}, "
                "and $$ for a dollar sign before {"
            ),
        )
    ]


def test_a_variable_that_is_no_text_is_refused():
    assert filled("${BYTES}")[1] == [((), "the environment variable BYTES is not UTF-8")]
