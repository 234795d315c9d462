"""The front door: `python supervisor.py run`."""

import os
import sys

from framework import guard, kernel, signals

kernel.keep_standard_streams()
if sys.platform == "linux":
    kernel.hide_memory()  # of every command: its environment, and soon config.yaml, hold secrets
if sys.argv[1:2] == ["run"] and sys.platform == "linux":
    signals.hold()  # before anything heavy is imported, until there is somebody to handle them
    if guard.needed(os.environ, os.getpid(), os.getppid()):
        guard.become([sys.executable, *sys.orig_argv[1:]])

try:
    from framework.main import main
except ModuleNotFoundError as error:
    python = "`.venv/bin/python supervisor.py ...`"
    sys.exit(f"error: {sys.executable} has no {error.name}: run `make sync` once, then {python}")

main()
