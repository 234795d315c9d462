"""The front door, as a program."""

import os
import subprocess
import sys
from pathlib import Path

FRONT_DOOR = Path(__file__).parents[1] / "supervisor.py"
SECONDS = 60


def test_a_python_without_the_dependencies_says_how_to_get_them():
    argv = [sys.executable, "-S", FRONT_DOOR, "status"]  # -S: without site-packages
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        argv, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )

    assert done.returncode == 1
    assert done.stderr == (
        f"error: {sys.executable} has no typer: run `make sync` once, "
        "then `.venv/bin/python supervisor.py ...`\n"
    )
