import random
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from framework.journal import Journal

ROOT = Path(__file__).parents[2]

RECORD_FOR_EVER = """
import os, sys, threading
from pathlib import Path
from framework.events import Resync
from framework.journal import Journal

journal = Journal(Path(sys.argv[1]))
journal.open()

def say(line):
    os.write(1, f"{line}\\n".encode())  # one write, so that lines stay whole

say("open")

def record(prefix):
    number = 0
    while True:
        number += 1
        event = Resync(f"{prefix}-{number}", None, "test")
        deliveries = journal.record(event, ["jira", "kafka"])
        say(event.id)
        journal.count_attempt(deliveries[0])
        journal.done(deliveries[1:])
        say("done " + deliveries[1].id)

for name in "abc":
    threading.Thread(target=record, args=[f"{sys.argv[2]}-{name}"], daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.parametrize("seed", range(5))
def test_what_was_acknowledged_survives_kill_9(tmp_path, seed):
    instant = random.Random(seed)
    acknowledged = []
    for life in range(3):
        acknowledged += record_and_die(tmp_path / "journal.sqlite", life, instant.uniform(0, 0.4))
    recorded = {line for line in acknowledged if not line.startswith("done ")}
    done = {line.removeprefix("done ") for line in acknowledged} - recorded

    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        journal.open()
        pending = {delivery.id for delivery in journal.pending()}

    assert recorded
    assert {f"{name}/jira" for name in recorded} <= pending
    assert not done & pending


def record_and_die(path, life, seconds):
    argv = [sys.executable, "-c", RECORD_FOR_EVER, str(path), str(life)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "open\n"
        killer = threading.Timer(seconds, child.kill)
        killer.start()
        began = time.monotonic()
        lines = child.stdout.read()
        killer.join(10)
    assert time.monotonic() - began < 10
    whole = lines[: lines.rfind("\n") + 1]
    return whole.splitlines()
