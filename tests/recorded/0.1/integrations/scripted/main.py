
import json
import time
from pathlib import Path

from framework.sdk import Integration

integration = Integration()


def wait(folder, name):
    (folder / f"{name}.reached").touch()
    while not (folder / f"{name}.open").exists() and not integration.cancelled:
        time.sleep(0.02)


def read(resync):
    folder = Path(integration.config["folder"])
    for step in json.loads((folder / f"{resync.kind}.json").read_text()):
        if isinstance(step, list):
            yield step
        elif "gate" in step:
            wait(folder, step["gate"])
        else:
            raise RuntimeError(step["fail"])


for kind in json.loads(Path(__file__).with_name("kinds.json").read_text()):
    integration.on_resync(kind)(read)
