"""What all sections of config.yaml have in common: frozen, camelCase, unknown keys refused."""

from msgspec import Struct


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """One section of config.yaml; each room declares its own next to the code that uses it."""
