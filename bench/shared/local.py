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
    folder.mkdir(parents=True)
    config = folder / "config.yaml"
    config.write_text(f"{ASKED}integrations: []\n")
    argv = [sys.executable, str(FRONT_DOOR), "sandbox"]
    argv += ["--config", str(config), "--state", str(folder / "state")]
    with (folder / "log").open("wb") as log:
        sandbox = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert sandbox.stdout is not None
        yield REACHED.format(**json.loads(sandbox.stdout.readline()))
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.wait(END_SECONDS)
