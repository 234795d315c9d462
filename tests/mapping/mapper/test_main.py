import io
from collections.abc import Callable

import msgspec
from msgspec import Raw

from framework.mapping.contract import Program, Translate
from framework.mapping.mapper.__main__ import serve


def line(program: Program, *items: bytes) -> bytes:
    page = Translate(Raw(msgspec.json.encode(program)), [Raw(item) for item in items])
    return msgspec.json.encode(page) + b"\n"


def served(*lines: bytes) -> list[dict]:
    answers = io.BytesIO()
    serve(io.BytesIO(b"".join(lines)), answers)
    return [msgspec.json.decode(answer) for answer in answers.getvalue().splitlines()]


def test_it_says_that_it_started_before_it_is_asked() -> None:
    assert served() == [{"type": "started"}]


def test_each_page_gets_its_answer_in_order(mapped: Callable[..., Program]) -> None:
    program = mapped()

    _, first, second = served(line(program, b'{"id":"1"}'), line(program, b'{"id":"2"}'))

    assert first["entities"] == [
        {"identifier": "1", "blueprint": "issue", "body": {"identifier": "1", "blueprint": "issue"}}
    ]
    assert second["entities"][0]["identifier"] == "2"


def test_a_page_that_fails_does_not_end_it(mapped: Callable[..., Program]) -> None:
    _, first, second = served(
        line(mapped(title="halt"), b'{"id":"1"}'), line(mapped(), b'{"id":"2"}')
    )

    assert first["type"] == "failed"
    assert "halt" in first["reason"]
    assert second["type"] == "translated"
