import msgspec
import pytest

from framework.protocol.messages import KindRequest, Page
from framework.sdk import Cancelled
from framework.sdk.attempt import Attempt
from framework.sdk.pages import ITEM_BYTES, PAGE_BYTES, Pages


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def attempt(sent):
    return Attempt("d", 1_000, 1 << 30, sent.append)


@pytest.fixture
def pages(attempt, clock):
    return Pages(attempt, KindRequest("issue", 3), clock)


def sizes(sent: list[Page]) -> list[int]:
    return [len(page.items) for page in sent]


def item(size: int) -> dict[str, str]:
    """Return an item that encodes to so many bytes."""
    return {"x": "." * (size - len('{"x":""}'))}


def test_a_page_names_delivery_kind_and_index_and_holds_items_as_json(pages, sent):
    pages.add([{"id": 1}, {"id": "ü"}])
    pages.cut()
    (page,) = sent
    assert (page.delivery, page.seq, page.kind, page.index) == ("d", 1, "issue", 3)
    assert [bytes(raw) for raw in page.items] == [b'{"id":1}', '{"id":"ü"}'.encode()]


def test_a_page_is_cut_at_100_items(pages, sent):
    pages.add([{"id": n} for n in range(250)])
    assert sizes(sent) == [100, 100]
    pages.cut()
    assert sizes(sent) == [100, 100, 50]
    assert [page.seq for page in sent] == [1, 2, 3]


def test_a_page_is_cut_before_it_has_more_than_256_kib(pages, sent):
    pages.add([item(PAGE_BYTES // 2)] * 3)
    assert sizes(sent) == [2]


def test_an_item_larger_than_a_page_travels_alone(pages, sent):
    pages.add([item(10), item(PAGE_BYTES + 1), item(10)])
    pages.cut()
    assert sizes(sent) == [1, 1, 1]


def test_a_page_is_cut_at_the_first_yield_later_than_250_ms_after_the_last_cut(pages, sent, clock):
    pages.add({"id": 1})
    clock.now += 0.25
    pages.add({"id": 2})
    assert sent == []
    clock.now += 0.01
    pages.add({"id": 3})
    assert sizes(sent) == [3]
    clock.now += 0.2
    pages.add({"id": 4})
    assert sizes(sent) == [3]


def test_nothing_gathered_is_no_page(pages, sent, clock):
    clock.now += 1
    pages.add([])
    pages.cut()
    assert sent == []


@pytest.mark.parametrize("chunk", [{"id": 1}, [{"id": 1}], ({"id": 1},), iter([{"id": 1}])])
def test_one_item_a_list_a_tuple_or_an_iterator_can_be_yielded(pages, sent, chunk):
    pages.add(chunk)
    pages.cut()
    assert sizes(sent) == [1]


@pytest.mark.parametrize("chunk", ["text", ["text"], 3, None, [[1]], b"x"])
def test_what_is_no_dict_is_refused(pages, chunk):
    with pytest.raises(TypeError, match="kind 'issue': an item must be a dict, not "):
        pages.add(chunk)


def test_an_item_over_4_mib_is_refused_and_its_kind_named(pages, sent):
    pages.add([item(ITEM_BYTES)])
    with pytest.raises(ValueError, match=r"kind 'issue': an item of 4194305 bytes, .* 4 MiB"):
        pages.add([item(ITEM_BYTES + 1)])
    pages.cut()
    assert sizes(sent) == [1]


def test_what_json_does_not_know_is_refused(pages):
    with pytest.raises(TypeError, match="object"):
        pages.add({"id": object()})


def test_a_delivery_that_was_given_up_takes_no_items(pages, attempt):
    attempt.cancel()
    with pytest.raises(Cancelled):
        pages.add([])


def test_items_decode_to_what_was_yielded(pages, sent):
    given = {"id": 1, "nested": {"list": [1, 2.5, None, True]}}
    pages.add(given)
    pages.cut()
    assert msgspec.json.decode(sent[0].items[0]) == given
