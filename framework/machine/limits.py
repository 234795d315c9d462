"""What the processes of one integration may use together: `limits:` in config.yaml."""

import os
from typing import Annotated

from msgspec import Meta, structs

from framework.settings import Bytes, Settings

MIB = 1024**2
MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")  # bytes
MEMORY = min(2048 * MIB, MACHINE // 2)  # one integration never uses more than half of the machine
SOFT = 4, 5  # of `memory`: the rest lasts until the current delivery is finished
OPEN_FILES = 1024  # what systems give a process by default
FLOOR = Bytes("16MiB")  # an idle process takes up to 12; `memory: 512` lacks its unit

OpenFiles = Annotated[
    int, Meta(ge=64, le=2**20, description="a number of open files, 64 to 1048576")
]


class Limits(Settings, frozen=True):
    """Sizes in bytes; `memory_soft` follows `memory` (four fifths of it) where it is 0."""

    memory: int = MEMORY
    memory_soft: int = 0
    open_files: int = OPEN_FILES

    def __post_init__(self) -> None:
        """Derive the soft limit from `memory` where it is 0."""
        if not self.memory_soft:
            structs.force_setattr(self, "memory_soft", self._followed())

    @property
    def soft_follows(self) -> bool:
        """Tell whether the soft limit is the one derived from `memory`."""
        return self.memory_soft == self._followed()

    def _followed(self) -> int:
        part, whole = SOFT
        return self.memory * part // whole


class Written(Settings, frozen=True):
    """The same as written in config.yaml: None where it says nothing."""

    memory: Bytes | None = None
    memory_soft: Bytes | None = None
    open_files: OpenFiles | None = None

    def __post_init__(self) -> None:
        """Refuse a memory limit too small for any process."""
        for key, size in (("memory", self.memory), ("memorySoft", self.memory_soft)):
            if size is not None and size < FLOOR:
                raise ValueError(f"{key} is less than 16MiB; write a unit, such as 512MiB")
