"""What a type accepts at a path inside it: keys, choices, a description."""

from collections.abc import Iterator

from msgspec import inspect

from framework.document.document import Keys


def keys(kind: inspect.Type, path: Keys) -> list[str]:
    """Return the keys of the mapping at `path`."""
    structs = [inner for inner in _inside(kind, path) if isinstance(inner, inspect.StructType)]
    fields = [field.encode_name for struct in structs for field in struct.fields]
    return [*fields, *(struct.tag_field for struct in structs if struct.tag_field)]


def choices(kind: inspect.Type, path: Keys) -> list[str]:
    """Return the words that are accepted at `path`."""
    tags = [
        inner.tag
        for inner in _inside(kind, path[:-1])
        if isinstance(inner, inspect.StructType) and (inner.tag_field,) == path[-1:]
    ]
    literals = [
        value
        for inner in _inside(kind, path)
        if isinstance(inner, inspect.LiteralType)
        for value in inner.values
    ]
    members = [
        member.value
        for inner in _inside(kind, path)
        if isinstance(inner, inspect.EnumType)
        for member in inner.cls
    ]
    return [str(choice) for choice in (*tags, *literals, *members)]


def description(kind: inspect.Type, path: Keys) -> str | None:
    """Return the `Meta(description=…)` of the type at `path`, if there is one."""
    for inner in _inside(kind, path):
        if isinstance(inner, inspect.Metadata) and inner.extra_json_schema:
            return str(inner.extra_json_schema["description"])
    return None


def _inside(kind: inspect.Type, path: Keys) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.UnionType):
        for member in kind.types:
            yield from _inside(member, path)
    elif not path:
        yield kind
    else:
        for child in _children(kind, path[0]):
            yield from _inside(child, path[1:])


def _children(kind: inspect.Type, key: str | int) -> list[inspect.Type]:
    match kind:
        case inspect.StructType(fields=fields):
            return [field.type for field in fields if field.encode_name == key]
        case inspect.ListType() | inspect.VarTupleType():
            return [kind.item_type]
        case _:
            return []
