"""Apply a fused program to a page and read the rows it yields."""

import jq
import msgspec
from msgspec import Raw

from framework.errors import MappingError
from framework.mapping.contract import Translated
from framework.mapping.mapper import fuse
from framework.mapping.mapper.count import Count, Verdict
from framework.mapping.program import Program

HINT = "look in the mapping for `halt` and the like"

decoder = msgspec.json.Decoder(list[list[Verdict]])


class Translator:
    """A compiled program; making one can take as long as user-written jq likes."""

    def __init__(self, program: Program):
        self._fused = fuse.fuse(program)
        try:
            self._compiled = jq.compile(self._fused.text)
        except ValueError as error:
            raise MappingError(
                f"each expression compiles, but not all of them together: {error}"
            ) from error

    def translate(self, items: list[Raw]) -> Translated:
        """Return the page's entities; raise MappingError unless each item has its row."""
        rows = self._rows(items)
        if len(rows) != len(items):
            raise MappingError(f"a page of {len(items)} items gave {len(rows)} rows; {HINT}")
        count = Count(self._fused)
        for row in rows:
            for verdict in row:
                count.add(verdict)
        return count.translated(len(items))

    def _rows(self, items: list[Raw]) -> list[list[Verdict]]:
        page = b"[" + b",".join(items) + b"]"
        try:
            texts = self._compiled.input_text(page.decode()).all()
        except ValueError as error:
            raise MappingError(f"jq gave up on a page: {error}") from error
        if len(texts) != 1:
            raise MappingError(f"a page gave {len(texts)} results instead of one; {HINT}")
        try:
            return decoder.decode(texts[0])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise MappingError(f"jq's result for a page cannot be read: {error}") from error
