"""What one resource of a mapping asks jq for: the part that a mapper needs."""

from typing import Any

from msgspec import Struct

Tree = Any  # a jq expression (str), a list of trees, or an object of trees


class Program(Struct, frozen=True, omit_defaults=True):
    """The expressions of one resource; a mapper compiles them, for even that may never end.

    Each of `bodies` is an entity as Port wants it with an expression at each leaf; `unsupported`
    says why no page can be translated with it.
    """

    selector: str
    bodies: list[dict[str, Tree]]
    items_to_parse: str | None = None
    item_name: str = "item"
    top_level_transform: bool = True
    unsupported: str | None = None

    def prefix(self, number: int) -> str:
        """Return where in the resource the expressions of a body stand."""
        return "port.entity.mappings" + (f"[{number}]" if len(self.bodies) > 1 else "")
