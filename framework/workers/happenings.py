"""What can happen to an integration, as far as its state goes."""

import enum

from msgspec import Struct

from framework.journal import Desired


class Cause(enum.Enum):
    """Why a process is no more."""

    ASKED = enum.auto()  # we ended it, for something better
    WORN = enum.auto()  # we ended it since it had grown too large
    CRASHED = enum.auto()
    TEMPORARY = enum.auto()  # it says that it may work later: no crash loop
    HOPELESS = enum.auto()  # another start will not help
    MACHINE = enum.auto()  # it never began: this machine is short of something


class Asked(Struct, frozen=True):
    """An operator wants it to run, pause or stop."""

    desired: Desired


class Renewed(Struct, frozen=True):
    """What it runs, or an operator's wish, is new: forget failures, and do not wait."""


class Queued(Struct, frozen=True):
    """It waits for its turn to start."""


class Building(Struct, frozen=True):
    """Its environment is looked for, or built."""


class Unbuilt(Struct, frozen=True):
    """It has no environment; tried again after `wait` seconds, or once its inputs change."""

    reason: str
    wait: float | None


class Spawned(Struct, frozen=True):
    """Its process was started."""


class Served(Struct, frozen=True):
    """Its process is ready."""


class Told(Struct, frozen=True):
    """What is wrong although its process is ready, or else what should be known."""

    trouble: str | None
    note: str | None


class Ending(Struct, frozen=True):
    """Its process was told to end."""

    reason: str | None


class Ended(Struct, frozen=True):
    """Its process is no more."""

    reason: str
    cause: Cause


class Over(Struct, frozen=True):
    """Its supervisor is through with it."""


Wish = Asked | Renewed
Preparation = Queued | Building | Unbuilt
Service = Spawned | Served | Told
Finish = Ending | Ended | Over
Happening = Wish | Preparation | Service | Finish
