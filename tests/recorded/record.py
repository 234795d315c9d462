"""Record what a supervisor leaves in its state folder, as text; README.md says how to run it."""

import json
import re
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.conftest import House, alive
from tests.fakes import scripted
from tests.fakes.scripted import Script, gate, items

CONFIG = """\
port:
  baseUrl: sandbox
sandbox:
  clientId: recorded
  clientSecret: recorded
triggerChannel:
  type: KAFKA
  brokers: sandbox
integrationsPath: [integrations]
environments:
  python: @PYTHON@
integrations:
  - {identifier: works, type: scripted, config: {folder: @FOLDER@/works}}
  - {identifier: rests, type: scripted, config: {folder: @FOLDER@/rests}}
  - {identifier: stopped, type: scripted, config: {folder: @FOLDER@/stopped}}
  - {identifier: returned, type: six}
"""
MAIN = """\
import six

from framework.sdk import Integration

integration = Integration()


@integration.on_resync("package")
def packages(resync):
    return [{"id": "six", "version": six.__version__}]
"""
KEPT = (
    "instance",
    "environments/pythons.json",
    "environments/current/*.json",
    "environments/history/*.json",
    "environments/locks/in-use/*/*.lock",
    "environments/envs/*/.ready",
    "sandbox/address.json",
)
SOURCES = ("*/*.py", "*/*.json", "*/*.txt", "*/.port/resources/*")
BLOB = re.compile(r"X'([0-9A-F]+)'")


NAMES = ("works", "rests", "stopped", "returned")
TOKEN = re.compile(r"INSERT INTO \"facts\" VALUES\('token'.*\n")  # of the sandbox's own API


def main(target, python):
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder).resolve())
        paths = {
            f'"{python}": ': '"@PYTHON@": ',
            str(house.state): "@STATE@",
            str(house.folder): "@FOLDER@",
            str(Path.cwd()): "@FRAMEWORK@",
        }
        try:
            set_up(house, python)
            lead_a_life(house)
            write(house, target, paths)
        finally:
            house.end()


def set_up(house, python):
    scripted.write(house.folder / "integrations" / "scripted", {"thing": "thing"})
    blueprint, resource = scripted.blueprint("package"), scripted.resource("package", "package")
    house.integration("six", MAIN, "six==1.17.0\n", ([blueprint], {"resources": [resource]}))
    ask_for(house, "scripted", "six==1.16.0\n")
    for name in NAMES[:3]:
        Script(house.folder / name).reads("thing", items([f"{name}-1", f"{name}-2"]))
    text = CONFIG.replace("@PYTHON@", python).replace("@FOLDER@", str(house.folder))
    house.config.write_text(text)


def lead_a_life(house):
    """Leave something of every sort in the state folder; the end is a SIGKILL."""
    house.start()
    house.until("READY", 120)
    for name in NAMES:
        house.eventually(lambda name=name: completed(house.one(name)), what=f"{name}: a resync")
    before = {name: house.one(name)["environment"] for name in NAMES}
    ask_for(house, "scripted", "six==1.17.0\n")
    ask_for(house, "six", "idna==3.10\n")
    for name in NAMES[:3]:
        house.eventually(
            lambda name=name: replaced(house.one(name), before[name]), what=f"{name}: the next"
        )
    house.eventually(lambda: gone_back(house.one("returned")), what="returned: the way back")

    command(house, "pause", "rests")
    command(house, "stop", "stopped")
    works = Script(house.folder / "works")
    works.reads("thing", items(["works-1"]), gate("half"), items(["works-2"]))
    command(house, "resync", "works")
    command(house, "resync", "rests")
    house.eventually(lambda: works.reached("half"), what="works: half a resync")
    command(house, "resync", "works")
    family = house.family()
    house.stop(signal.SIGKILL)
    house.eventually(lambda: not alive(family), what="the end of the family")


def ask_for(house, type_, text):
    (house.folder / "integrations" / type_ / "requirements.txt").write_text(text)


def completed(one):
    return (one["lastResync"] or {}).get("status") == "completed"


def replaced(one, environment):
    return one["environment"] != environment and one["state"] == "READY"


def gone_back(one):
    return one["state"] == "DEGRADED" and "No module named" in (one["reason"] or "")


def command(house, *words):
    done = house.command(*words)
    assert done.returncode == 0, done.stderr


def write(house, target, paths):
    """Write the text form; `paths` of this machine become placeholders."""
    places = house.folder / "integrations"
    code = {str(path.relative_to(places)): path for path in places.rglob("*.py")}
    times = {name: path.stat().st_mtime_ns for name, path in sorted(code.items())}
    texts = {"config.yaml": CONFIG, "times.json": json.dumps(times, indent=2)}
    texts |= kept(house.state, "state", KEPT)
    texts |= kept(places, "integrations", SOURCES)
    for name in ("journal", "sandbox/port"):
        texts[f"state/{name}.sql"] = dump(house.state / f"{name}.sqlite")
    for name, text in texts.items():
        found = text
        for path, placeholder in paths.items():
            found = found.replace(path, placeholder)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(found)


def kept(folder, name, patterns):
    """Return the text of the files that are kept, by their names in the recording."""
    paths = [path for pattern in patterns for path in folder.glob(pattern)]
    return {f"{name}/{path.relative_to(folder)}": path.read_text() for path in paths}


def dump(path):
    """Return the tables as SQL; a blob is written as the text that it is."""
    with closing(sqlite3.connect(path)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        lines = [BLOB.sub(as_text, line) for line in connection.iterdump()]
    return TOKEN.sub("", "\n".join([*lines, f"PRAGMA user_version = {version};", ""]))


def as_text(blob):
    text = bytes.fromhex(blob[1]).decode().replace("'", "''")
    return f"CAST('{text}' AS BLOB)"


main(Path(sys.argv[1]), sys.argv[2])
