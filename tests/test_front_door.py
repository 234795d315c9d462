"""What `supervisor.py` does before it imports anything heavy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# It runs the file as Python would, with a stand-in for the command line.
LOOK = """
import ctypes, os, runpy, sys, types
os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())
stand_in = types.ModuleType("framework.main")
stand_in.main = lambda: print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))  # PR_GET_DUMPABLE
sys.modules["framework.main"] = stand_in
sys.argv = ["supervisor.py", *sys.argv[1:]]
runpy.run_path("supervisor.py")
"""


@pytest.mark.parametrize("command", ["run", "sandbox", "build", "check"])
def test_memory_is_hidden_before_anything_is_read(command):
    argv = [sys.executable, "-c", LOOK, command]
    looked = subprocess.run(
        argv, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=30, check=True
    )

    assert looked.stdout == "0\n"


def test_no_file_gets_the_place_of_a_closed_stream():
    look = LOOK.replace("print(", "sys.exit(os.readlink('/proc/self/fd/1') or ")
    argv = ["sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable, "-c", look, "run"]
    looked = subprocess.run(
        argv, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True, timeout=30, check=False
    )

    assert looked.stderr == "/dev/null\n"


def test_a_python_without_the_dependencies_says_how_to_get_them():
    argv = [sys.executable, "-S", ROOT / "supervisor.py", "status"]  # -S: without site-packages
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        argv, env=environ, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 1
    assert done.stderr == (
        f"error: {sys.executable} has no typer: run `make sync` once, "
        "then `.venv/bin/python supervisor.py ...`\n"
    )
