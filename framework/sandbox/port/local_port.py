"""What every route of the local Port works with."""

import sqlite3
import time
from collections.abc import Callable

from msgspec import Struct

from framework.sandbox.port.clock import Clock
from framework.sandbox.settings import Sandbox


class Local(Struct, frozen=True):
    """The local Port: its catalog, its settings with the credentials filled in, its clock."""

    database: sqlite3.Connection
    settings: Sandbox
    brokers: list[str]
    client_id: str
    client_secret: str
    clock: Clock
    seconds: Callable[[], float] = time.time
