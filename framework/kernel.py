"""Settings of our own process that the kernel keeps."""

import ctypes
import os
import resource
import sys

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies, so that `sweep` finds them."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Keep processes of the same user from reading our memory and environment."""
    prctl(PR_SET_DUMPABLE, 0)


def keep_standard_streams() -> None:
    """Open closed ones of stdin, stdout and stderr, so that no other file gets their numbers.

    Otherwise what is printed, or logged, would be written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - has no name
            stream = os.fdopen(number, "w" if number else "r", closefd=False)
            setattr(sys, name, stream)


def allow_many_files() -> None:
    """Raise our limit of open files to what the system allows: each child needs eight."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def prctl(option: int, value: int) -> None:
    """Set one of our process's attributes; raise OSError if the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")
