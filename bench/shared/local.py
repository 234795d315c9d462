"""A local Port and a local broker, in a process of their own that is not measured."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.shared.house import FRONT_DOOR

END_SECONDS = 30.0
ASKED = "port: {baseUrl: sandbox}\ntriggerChannel: {type: KAFKA, brokers: sandbox}\n"
REACHED = """
port: {{baseUrl: "{url}", clientId: "{clientId}", clientSecret: "{clientSecret}"}}
triggerChannel:
  {{type: KAFKA, brokers: "{kafka}", securityProtocol: PLAINTEXT, sessionTimeoutSeconds: 6}}
"""


@contextmanager
def local(folder: Path) -> Iterator[str]:
    """Run them; the text that leads a supervisor to them is for its config.yaml."""
    with sandbox(folder) as address:
        yield REACHED.format(**address)


@contextmanager
def sandbox(folder: Path) -> Iterator[dict[str, str]]:
    """Run them; yield where they are."""
    folder.mkdir(parents=True)
    config = folder / "config.yaml"
    config.write_text(f"{ASKED}integrations: []\n")
    argv = [sys.executable, str(FRONT_DOOR), "sandbox"]
    argv += ["--config", str(config), "--state", str(folder / "state")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(END_SECONDS)
