"""Where everything about environments lies: in one folder of the state folder, called the root.

The cache is in there, too: on one file system, packages are linked and not copied. Which
environment each integration runs in is noted below the root as well; see `installed/current.py`.
"""

from pathlib import Path

from framework import files

ENVIRONMENTS = "envs"  # <key>/: one environment each
SCRATCH = "build"  # <key>-…/: what is half-built, or about to be removed
LOCKS = "locks"  # <key>: a file that is locked by whoever makes what the key stands for
LOCKS_IN_USE = "locks/in-use"  # <name of an integration's folder>/<key>.lock
CACHE = "uv-cache"
LOGS = "logs"  # <label>.log: what uv printed
HISTORY = "history"  # <label>.json: what the integration's environment was last built from
PYTHONS = "pythons.json"  # what each Python of this machine said that it is


def make(root: Path) -> None:
    """Make the folders that a build needs. Raises OSError."""
    files.make_private(root)  # locks may hold credentials
    for name in (ENVIRONMENTS, SCRATCH, LOCKS, LOGS, CACHE):
        (root / name).mkdir(exist_ok=True)
