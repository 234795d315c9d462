"""The pool with real mappers: pages that never end, that need too much, that lose their mapper."""

import json
import os
import queue
import resource
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import psutil
import pytest
from msgspec import Raw

from framework.errors import FrameworkError, MappingError, StoppedError, TransientError
from framework.mapping.contract import Program, Translated
from framework.mapping.mapper_process import Limits
from framework.mapping.mapping import parse
from framework.mapping.pool import Mappers

DEADLINE = 30.0  # seconds
INSTANCE = "test-mappers"
ENDLESS = "last(range(1e12))"
Pool = Callable[..., Mappers]


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Start pools that are closed in the end."""
    pools: list[Mappers] = []

    def start(count: int = 1, **limits: float) -> Mappers:
        mappers = Mappers(count, INSTANCE, Limits(**limits))
        mappers.start()
        pools.append(mappers)
        return mappers

    yield start
    for mappers in pools:
        mappers.close()
    assert running() == []


def program(**rules: object) -> Program:
    mappings = {"identifier": ".id", "blueprint": '"issue"', **rules}
    resource = {"kind": "issue", "port": {"entity": {"mappings": mappings}}}
    return parse(Raw(json.dumps({"resources": [resource]}).encode())).resources[0].program


def page(count: int = 2, **fields: object) -> list[Raw]:
    return [Raw(json.dumps({"id": str(n), **fields}).encode()) for n in range(count)]


def translated(mappers: Mappers, asked: Program, items: list[Raw]) -> Translated:
    return mappers.translate(asked, items, threading.Event())


def running() -> list[psutil.Process]:
    return [
        one
        for one in psutil.Process().children()
        if one.status() != psutil.STATUS_ZOMBIE and "framework.mapping.mapper" in one.cmdline()
    ]


def mapper_at_work() -> psutil.Process:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        for one in running():
            if sum(one.cpu_times()[:2]) > 0.5:
                return one
        threading.Event().wait(0.01)
    raise AssertionError("no mapper is computing")


def in_background(
    mappers: Mappers,
    asked: Program,
    stop: threading.Event | None = None,
    items: list[Raw] | None = None,
) -> SimpleQueue[Translated | FrameworkError]:
    outcome: SimpleQueue[Translated | FrameworkError] = SimpleQueue()

    def ask() -> None:
        try:
            outcome.put(mappers.translate(asked, items or page(), stop or threading.Event()))
        except FrameworkError as error:
            outcome.put(error)

    threading.Thread(target=ask, daemon=True).start()
    return outcome


def test_a_page_comes_back_as_entities(pool: Pool) -> None:
    answer = translated(pool(), program(title=".t"), page(3, t="T"))

    assert [entity.identifier for entity in answer.entities] == ["0", "1", "2"]
    assert json.loads(bytes(answer.entities[0].body))["title"] == "T"


def test_a_large_page_passes_both_pipes(pool: Pool) -> None:
    text = "x" * 60_000

    answer = translated(pool(), program(properties={"text": ".text"}), page(100, text=text))

    assert sum(len(entity.body) for entity in answer.entities) > 100 * len(text)


def test_an_error_of_the_page_leaves_its_mapper_alive(pool: Pool) -> None:
    mappers = pool()
    translated(mappers, program(), page())
    before = running()

    with pytest.raises(MappingError, match="halt"):
        translated(mappers, program(title="halt"), page())

    assert translated(mappers, program(), page()).items == 2
    assert running() == before


def test_an_unsupported_program_needs_no_mapper(pool: Pool) -> None:
    with pytest.raises(MappingError, match="search query"):
        translated(pool(), program(identifier={"combinator": '"and"'}), page())

    assert running() == []


def test_a_page_that_never_ends_costs_its_mapper_and_nothing_else(pool: Pool) -> None:
    mappers = pool(2)
    outcome = in_background(mappers, program(title=ENDLESS))
    mapper_at_work()

    others = [translated(mappers, program(), page()).items for _ in range(20)]

    error = outcome.get(timeout=DEADLINE)
    assert others == [2] * 20
    assert isinstance(error, MappingError)
    assert "more than 2 s of computing" in str(error)
    assert translated(mappers, program(), page()).items == 2


def test_even_compiling_is_in_the_budget(pool: Pool) -> None:
    slow = {f"p{number}": f"[.p{number}]" for number in range(500)}

    with pytest.raises(MappingError, match=r"0\.2 s of computing"):
        translated(pool(cpu=0.2), program(properties=slow), page())


def test_a_page_that_lasts_too_long_is_given_up(pool: Pool) -> None:
    with pytest.raises(MappingError, match=r"0\.5 s on the clock"):
        translated(pool(wall=0.5, cpu=60), program(title=ENDLESS), page())


def test_a_page_that_needs_too_much_memory_is_given_up(pool: Pool) -> None:
    mappers = pool(cpu=60)

    with pytest.raises(MappingError, match=r"cannot allocate memory.*more than 1 GiB"):
        translated(mappers, program(title="def f: [f, f]; f"), page(1))

    assert translated(mappers, program(), page()).items == 2


def test_an_answer_that_is_too_long_is_given_up(pool: Pool) -> None:
    mappers = pool(cpu=60)
    huge = program(title='"x" * 20000000')

    with pytest.raises(MappingError, match="over the size limit"):
        translated(mappers, huge, page(4))

    assert translated(mappers, program(), page()).items == 2


def test_a_mapper_that_somebody_kills_is_replaced_and_its_page_repeated(pool: Pool) -> None:
    # Killed with `-9` in the middle of a page: another mapper ends it.
    mappers = pool(cpu=60)
    outcome = in_background(mappers, program(title="last(range(2e6))"))

    mapper_at_work().kill()

    answer = outcome.get(timeout=DEADLINE)
    assert isinstance(answer, Translated)
    assert answer.items == 2


def test_a_mapper_that_dies_idle_costs_no_page(pool: Pool) -> None:
    mappers = pool()
    translated(mappers, program(), page())
    [idle] = running()
    idle.kill()
    idle.wait(DEADLINE)

    assert translated(mappers, program(), page()).items == 2


def test_a_mapper_that_dies_while_a_page_is_written_to_it_costs_no_page(pool: Pool) -> None:
    mappers = pool()
    translated(mappers, program(), page())
    [mapper] = running()
    mapper.suspend()
    outcome = in_background(mappers, program(), items=page(100, text="x" * 10_000))

    with pytest.raises(queue.Empty):
        outcome.get(timeout=0.5)
    mapper.kill()

    answer = outcome.get(timeout=DEADLINE)
    assert isinstance(answer, Translated)
    assert answer.items == 100


def test_items_of_any_depth_get_an_answer(pool: Pool) -> None:
    mappers = pool()
    for depth in range(970, 1000, 2):
        deep = Raw(b'{"id":"1","deep":' + b"[" * depth + b"]" * depth + b"}")
        outcome = in_background(mappers, program(title=".deep"), items=[deep])

        assert isinstance(outcome.get(timeout=5), Translated | MappingError)


def test_a_stop_frees_who_waits_at_once(pool: Pool) -> None:
    stop = threading.Event()
    outcome = in_background(pool(cpu=60), program(title=ENDLESS), stop)
    mapper_at_work()

    stop.set()

    assert isinstance(outcome.get(timeout=2), StoppedError)


def test_a_page_that_nobody_waits_for_is_not_translated(pool: Pool) -> None:
    mappers, gone = pool(), threading.Event()
    gone.set()

    with pytest.raises(StoppedError):
        mappers.translate(program(title=ENDLESS), page(), gone)

    began = time.monotonic()
    assert translated(mappers, program(), page()).items == 2
    assert time.monotonic() - began < 2


def test_closing_ends_pages_and_mappers(pool: Pool) -> None:
    mappers = pool(2, cpu=60)
    outcomes = [in_background(mappers, program(title=ENDLESS)) for _ in range(4)]
    mapper_at_work()

    mappers.close()

    assert all(isinstance(one.get(timeout=2), StoppedError) for one in outcomes)
    assert running() == []


def test_a_mapper_sees_nothing_of_our_environment(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT_CLIENT_SECRET", "s3cret")
    translated(pool(), program(), page())

    [mapper] = running()
    assert "s3cret" not in str(mapper.environ())
    assert mapper.environ()["FRAMEWORK_INSTANCE"] == f"{INSTANCE}/mapper"


def test_a_mapper_that_cannot_start_is_no_fault_of_the_page(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mappers = pool()
    monkeypatch.setattr("sys.executable", "/nowhere/python")

    with pytest.raises(TransientError, match="this machine cannot run a mapper"):
        translated(mappers, program(), page())

    monkeypatch.undo()
    assert translated(mappers, program(), page()).items == 2


@pytest.mark.parametrize("room", range(1, 16))
def test_too_few_open_files_are_no_fault_of_the_page_and_leave_no_mapper(
    pool: Pool, room: int
) -> None:
    """From no file for its pipes to none for a look at its budget, and a few more."""
    mappers = pool()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    few = lowest + room
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, before[1]))
    try:
        outcome = in_background(mappers, program()).get(timeout=DEADLINE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert isinstance(outcome, TransientError | Translated)
    assert translated(mappers, program(), page()).items == 2


def test_a_fault_of_ours_reaches_who_waits(pool: Pool) -> None:
    with pytest.raises(MappingError, match="please report"):
        translated(pool(cpu="much"), program(title=ENDLESS), page())
