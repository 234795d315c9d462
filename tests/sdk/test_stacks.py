import _thread
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from framework.sdk import stacks

SECONDS = 30.0


@contextmanager
def held(run: Callable[[], object], name: str) -> Iterator[None]:
    """Keep a thread in `run`, which calls `hold` of its module's globals."""
    thread = threading.Thread(target=run, name=name)
    thread.start()
    try:
        assert ARRIVED.wait(SECONDS)
        yield
    finally:
        RELEASE.set()
        thread.join(SECONDS)
        RELEASE.clear()
        ARRIVED.clear()


ARRIVED, RELEASE = threading.Event(), threading.Event()


def hold() -> None:
    ARRIVED.set()
    RELEASE.wait(SECONDS)


def of(name: str) -> str:
    """Return what is said of one thread."""
    text = stacks.all_threads()
    begin = text.index(f"Thread {name} (most recent call last):")
    end = text.find("\nThread ", begin)
    return text[begin : end if end >= 0 else None]


def test_the_main_thread_comes_first():
    with held(hold, "held"):
        text = stacks.all_threads()

    assert text.startswith("Thread MainThread (most recent call last):\n")
    assert "in test_the_main_thread_comes_first" in text


def test_each_thread_is_shown_by_name_with_its_line():
    with held(hold, "worker of ours"):
        shown = of("worker of ours")

    assert "in hold\n    RELEASE.wait(SECONDS)" in shown


def test_a_thread_that_python_did_not_start_goes_by_its_number():
    number = _thread.start_new_thread(hold, ())
    assert ARRIVED.wait(SECONDS)
    shown = of(str(number))
    RELEASE.set()
    while number in sys._current_frames():
        threading.Event().wait(0.001)
    RELEASE.clear()
    ARRIVED.clear()

    assert "in hold" in shown


def even(depth: int) -> None:
    odd(depth - 1) if depth else hold()


def odd(depth: int) -> None:
    even(depth - 1)


def test_of_a_deep_recursion_the_innermost_frames_are_shown():
    with held(lambda: even(500), "deep"):
        shown = of("deep")

    assert shown.count("File ") == stacks.FRAMES
    assert "in hold" in shown


def test_the_text_is_cut_at_its_limit_between_characters():
    name = "✓" * 50_000
    with held(lambda: held_twice(name), name):
        text = stacks.all_threads()

    assert text.endswith(stacks.CUT)
    assert stacks.LIMIT - 4 < len(text.encode()) <= stacks.LIMIT


def held_twice(name: str) -> None:
    others = [threading.Thread(target=hold, name=name) for _ in range(2)]
    for other in others:
        other.start()
    hold()
    for other in others:
        other.join(SECONDS)


def test_a_name_that_utf_8_cannot_write_is_escaped():
    with held(hold, "odd \udce9"):
        text = stacks.all_threads()

    assert r"Thread odd \udce9 (most" in text


def test_a_thread_that_is_about_to_end_has_nothing_to_show():
    with held(hold, "held"):
        assert list(stacks._named({})) == []


class Loader:
    """An author's importer that fails when it is asked for source."""

    def get_source(self, name: str) -> str:
        raise LookupError(name)


def test_a_stack_that_cannot_be_formatted_costs_only_itself():
    code = compile("hold()", "made_up.py", "exec")
    names = {"hold": hold, "__name__": "made_up", "__loader__": Loader()}
    with held(lambda: exec(code, names), "odd"):
        shown, main = of("odd"), of("MainThread")

    assert shown.endswith("cannot be shown: LookupError\n")
    assert "in test_a_stack_that_cannot_be_formatted" in main
