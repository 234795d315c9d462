"""The format and the files of the log: `logs:` in config.yaml."""

from typing import Annotated

from msgspec import Meta

from framework.logs.line import Format
from framework.settings import Bytes, Settings

SMALLEST = Bytes("1KiB")  # size of a file: a few lines
MOST_KEPT = 100  # rotated files; readers look for that many


class Logging(Settings, frozen=True):
    """A file is rotated at `size`; `keep` older ones stay beside it.

    `format` is that of the files and of stderr.
    """

    size: Bytes = Bytes("10MiB")
    keep: Annotated[int, Meta(ge=1, le=MOST_KEPT, description=f"1 to {MOST_KEPT} files")] = 5
    format: Format = Format.TEXT

    def __post_init__(self) -> None:
        """Refuse a size that no line fits into."""
        if self.size < SMALLEST:
            raise ValueError(f"size: expected at least 1KiB, got {int(self.size)} bytes")
