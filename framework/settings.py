"""What all sections of config.yaml have in common: frozen, camelCase, unknown keys refused."""

import re
from decimal import Decimal
from typing import Self

from msgspec import Struct

SIZE = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,6})?) ?(?P<unit>[A-Za-z]*)", re.ASCII)
UNITS = {"": 1, "b": 1}
UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
MOST = 2**63 - 1  # bytes; the kernel and msgspec count in 64 bits


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """One section of config.yaml; each room declares its own next to the code that uses it."""


class Bytes(int):
    """A size as people write it: `512MiB`, `2GiB`, `10MB`, or a number of bytes.

    msgspec can read it in a section of config.yaml but not encode it: use `int(size)` for that.
    """

    def __new__(cls, written: object) -> Self:
        """Read a size; raise ValueError for anything else."""
        found = SIZE.fullmatch(str(written))
        factor = UNITS.get(found["unit"].lower()) if found else None
        if found is None or factor is None:
            raise ValueError("expected a size such as 512MiB, 2GiB or 10MB, or a number of bytes")
        return super().__new__(cls, min(MOST, int(Decimal(found["number"]) * factor)))
