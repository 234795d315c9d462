"""The stack of every thread of this process, as text for people."""

import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType

LIMIT = 256 * 1024  # bytes of the whole text
FRAMES = 100  # the innermost ones of a thread: endless recursion must not push others out
CUT = "\n... cut here\n"


def all_threads() -> str:
    """Return the name and the stack of each thread, the main thread first; never raises."""
    frames = sys._current_frames()  # noqa: SLF001 - the documented way, for tools like this one
    shown = [_shown(name, frame) for name, frame in _named(frames)]
    text = "\n".join(shown).encode(errors="backslashreplace")
    if len(text) > LIMIT:
        text = text[: LIMIT - len(CUT)] + CUT.encode()
    return text.decode(errors="ignore")


def _named(frames: dict[int, FrameType]) -> Iterator[tuple[str, FrameType]]:
    for thread in threading.enumerate():
        frame = frames.pop(thread.ident or 0, None)  # a thread that starts or ends has none
        if frame is not None:
            yield thread.name, frame
    for number, frame in frames.items():  # started from C or by `_thread`
        yield f"{number}", frame


def _shown(name: str, frame: FrameType) -> str:
    try:
        lines = traceback.format_stack(frame, FRAMES)
    except Exception as error:  # noqa: BLE001 - an author's importer may supply the source
        lines = [f"  cannot be shown: {type(error).__name__}\n"]
    return f"Thread {name} (most recent call last):\n{''.join(lines)}"
