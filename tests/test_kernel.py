"""What the kernel is asked for, seen from other processes."""

import ctypes
import subprocess
import sys

import pytest

from framework import kernel

PR_GET_DUMPABLE = 3


def test_hidden_memory_cannot_be_read_by_processes_of_the_same_user() -> None:
    libc = ctypes.CDLL(None)
    kernel.hide_memory()
    hidden = libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    assert hidden == 0


def test_a_refused_prctl_is_an_error() -> None:
    with pytest.raises(OSError, match="prctl"):
        kernel.prctl(-1, 0)


def test_the_limit_of_open_files_is_raised_to_what_is_allowed() -> None:
    code = (
        "import resource; from framework import kernel;"
        "limits = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]));"
        "kernel.allow_many_files();"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == (limits[1], limits[1])"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
