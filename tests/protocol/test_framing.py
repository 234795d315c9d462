import resource

import msgspec
import pytest

from framework.protocol.framing import (
    PREFIX,
    Broken,
    Decoder,
    Lines,
    Oversized,
    Stray,
    Unknown,
    encode,
    named_delivery,
)
from framework.protocol.messages import Ack, KindDone, Page, Pong, Up

DEEP = 200_000  # brackets; msgspec gives up after a thousand


@pytest.fixture(scope="module")
def decoder() -> Decoder[Up]:
    return Decoder(Up)


def cut(lines: Lines, *chunks: bytes) -> list[bytes | Oversized]:
    return [line for chunk in chunks for line in lines.feed(chunk)]


# --- Lines ---


def test_lines_are_cut_wherever_the_chunks_are():
    stream = b"first\n\nthird\n"
    for size in range(1, len(stream) + 1):
        chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert cut(Lines(100), *chunks) == [b"first", b"", b"third"]


def test_a_partial_line_is_kept_back_and_counted():
    lines = Lines(100)
    assert cut(lines, b"whole\npar", b"tial") == [b"whole"]
    assert lines.partial == 7
    assert cut(lines, b"\n") == [b"partial"]
    assert lines.partial == 0


def test_the_limit_is_the_longest_line_without_its_newline():
    assert cut(Lines(5), b"12345\n123456\n12345\n") == [b"12345", Oversized(b"123456"), b"12345"]


def test_an_oversized_line_is_skipped_to_its_newline_and_its_beginning_kept():
    lines = Lines(10_000)
    assert cut(lines, *[b"x" * 1_000] * 50) == []
    (oversized, after) = cut(lines, b"yyy\nafter\n")
    assert (oversized, after) == (Oversized(b"x" * PREFIX), b"after")


def test_an_endless_line_is_not_stored_while_it_accumulates():
    lines = Lines(10_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(1_000):
        assert cut(lines, b"x" * 64 * 1024) == []
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert lines.partial == 1_000 * 64 * 1024
    assert grown < 16 * 1024  # KiB; the line had 64 MiB


# --- Decoder ---


def test_what_is_encoded_is_decoded(decoder):
    page = Page("d", 1, "issue", 0, [msgspec.Raw(b'{"id":"\xc3\xbc"}')])
    assert decoder.decode(encode(page)[:-1]) == page


def test_unknown_fields_and_whitespace_are_no_matter(decoder):
    assert decoder.decode(b' { "newer" : [ 1 ] , "n" : 3 , "type" : "pong" } \r') == Pong(3)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"{",
        b"null",
        b"3",
        b'"text"',
        b"[1]",
        b"{}",
        b'{"type":1}',
        b'{"delivery":"d"}',
        b'{"type":"pong","n":1}{"type":"pong","n":1}',
        b'{"type":"pong","n":1}\x00',
        b'\xef\xbb\xbf{"type":"pong","n":1}',
        bytes(range(256)),
    ],
)
def test_what_is_no_object_with_a_type_is_stray(decoder, line):
    assert decoder.decode(line) == Stray(line.decode(errors="replace"))


@pytest.mark.parametrize("tag", ["checkpoint", "ack", "", "newer-ü"])
def test_an_unknown_type_is_named(decoder, tag):
    line = msgspec.json.encode({"type": tag, "delivery": 3})
    assert decoder.decode(line) == Unknown(tag)


def test_a_message_of_the_other_direction_is_unknown(decoder):
    assert decoder.decode(encode(Ack("d", 1))) == Unknown("ack")


@pytest.mark.parametrize(
    "rest",
    [
        b"}",
        b',"seq":"one","kind":"k"}',
        b',"seq":1,"kind":"k","items":{}}',
        b',"seq":1,"kind":"k","items":[' + b"[" * DEEP,
        b',"seq":1,"kind":"k","items":[' + b"[" * DEEP + b"]" * DEEP + b"]}",
        b',"seq":' + b"9" * 5_000 + b',"kind":"k"}',
        b',"seq":1e999,"kind":"k"}',
        b',"seq":1,"kind":"k","items":[{"id":"\xff"}]}',
        b',"seq":1,"kind":"k","items":[{"id":"cut off',
        b',"seq":1,"ki stray output in between',
    ],
)
def test_a_wrong_shape_is_broken_and_names_its_delivery(decoder, rest):
    answer = decoder.decode(b'{"type":"page","delivery":"a\\"b/\\u00fc"' + rest)
    assert isinstance(answer, Broken)
    assert answer.delivery == 'a"b/ü'
    assert answer.reason


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"pong","n":"one"}',
        b'{"type":"page","seq":1,"delivery":"late"}',
        b'{"type":"page","delivery":3,"seq":1,"kind":"k"}',
        b'{"type":"page","delivery":"\xff","seq":1,"kind":"k"}',
        b'{"type":"page","delivery":"\\x","seq":1,"kind":"k"}',
        b'{"type":"page","delivery":"\\ud800","seq":1,"kind":"k"}',
    ],
)
def test_a_wrong_shape_that_names_no_delivery_is_broken_without_one(decoder, line):
    answer = decoder.decode(line)
    assert isinstance(answer, Broken)
    assert answer.delivery is None


def test_broken_utf_8_inside_a_raw_item_does_not_pass(decoder):
    line = b'{"type":"page","delivery":"d","seq":1,"kind":"k","items":["\xc3\x28"]}'
    assert "utf-8" in decoder.decode(line).reason


@pytest.mark.parametrize(
    ("prefix", "delivery"),
    [(b'{"type":"page","delivery":"d","seq":1,"items":[', "d"), (b"x" * PREFIX, None)],
)
def test_an_oversized_line_is_broken_and_names_its_delivery_if_it_can(decoder, prefix, delivery):
    answer = decoder.decode(Oversized(prefix))
    assert answer == Broken("the line is over the size limit", delivery)


def test_garbage_between_messages_costs_nothing_but_itself(decoder):
    stream = encode(Pong(1)) + b"\xff\x00garbage\n" + encode(KindDone("d", "k", 0))
    first, garbage, last = map(decoder.decode, Lines(1_000).feed(stream))
    assert (first, last) == (Pong(1), KindDone("d", "k", 0))
    assert isinstance(garbage, Stray)


def test_deep_nesting_without_a_delivery_does_not_raise(decoder):
    line = b'{"type":"log","level":"info","message":"m","fields":' + b"[" * DEEP
    assert isinstance(decoder.decode(line), (Stray, Broken))


@pytest.mark.parametrize("line", [b"", b"{}", b'{"type":"page"', b'{"type":"page","delivery":"'])
def test_a_beginning_without_a_delivery_names_none(line):
    assert named_delivery(line) is None


def test_a_broken_message_written_with_spaces_names_its_delivery(decoder):
    assert decoder.decode(b'{"type": "page", "delivery": "d", "seq": "x"}').delivery == "d"


def test_naming_the_delivery_of_a_broken_line_needs_little_memory(decoder):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    decoder.decode(b'{"type":"page","delivery":"' + b"x" * 1024 * 1024)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024  # KiB
