"""A recorded state folder (tests/recorded), laid out as the supervisor left it."""

import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import msgspec

RECORDED = Path(__file__).resolve().parents[1] / "recorded"
SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
FRESH = "UPDATE events SET recorded_at = recorded_at + ? - (SELECT max(recorded_at) FROM events)"


def lay_out(version, folder, state):
    """Write the files of a recorded version; `folder` gets config.yaml and the integrations."""
    source = RECORDED / version
    python = folder / "python"
    paths = {"@STATE@": state, "@FOLDER@": folder, "@FRAMEWORK@": folder, "@PYTHON@": python}
    targets = {"state": state, "integrations": folder / "integrations"}
    for path in (one for one in source.rglob("*") if one.is_file()):
        first, *rest = path.relative_to(source).parts
        target = targets.get(first, folder / first).joinpath(*rest)
        text = path.read_text()
        for placeholder, place in paths.items():
            text = text.replace(placeholder, str(place))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".sql":
            _database(target.with_suffix(".sqlite"), text)
        else:
            target.write_text(text)
    for name, moment in json.loads((source / "times.json").read_text()).items():
        os.utime(folder / "integrations" / name, ns=(moment, moment))
    _program(python, state / "environments" / "pythons.json")
    for receipt in state.glob("environments/envs/*/.ready"):
        _virtualenv(receipt.parent, json.loads(receipt.read_text()))


def _database(path, text):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(text)
        if path.name == "journal.sqlite":  # else what is done would be too old to be kept
            connection.execute(FRESH, [time.time()])
            connection.commit()


def _program(path, answers):
    """Make a file that has the size and the time of the recorded Python: it is not started."""
    recorded = json.loads(answers.read_text())[str(path)]["python"]
    path.touch()
    os.truncate(path, recorded["size"])
    os.utime(path, ns=(recorded["mtimeNs"], recorded["mtimeNs"]))


def _virtualenv(folder, receipt):
    """Put beside a receipt what a process needs: the test's Python, six, msgspec."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    home = Path(sys._base_executable).parent
    (folder / "pyvenv.cfg").write_text(f"home = {home}\nuv = {receipt['uv']}\n")
    for place in (SITE_PACKAGES, receipt["sitePackages"]):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for name, _, version in (package.partition("==") for package in receipt["packages"]):
        if name == "msgspec":
            package = Path(msgspec.__file__).parent
            (folder / receipt["sitePackages"] / name).symlink_to(package)
        else:
            module = folder / SITE_PACKAGES / f"{name}.py"
            module.write_text(f"__version__ = {version!r}\n")
