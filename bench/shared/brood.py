"""An integration that leaves every sort of process behind if nobody ends them.

It also has something for Port: three pages of entities.
"""

import json

KIND = "thing"
BLUEPRINT = {"identifier": KIND, "title": "Thing", "schema": {"properties": {}}}
ENTITY = {"identifier": ".id", "title": ".id", "blueprint": f'"{KIND}"', "properties": {}}
RESOURCE = {
    "kind": KIND,
    "selector": {"query": "true"},
    "port": {"entity": {"mappings": ENTITY}},
}
PROCESSES = 9  # with its own
FILES = {
    "main.py": """
import os
import signal
import subprocess

from framework.sdk import Integration

SLEEP = ["sleep", "900"]
TWO = ["sh", "-c", "sleep 900 & exec sleep 900"]
DEAF = ["sh", "-c", "trap '' TERM INT HUP; sleep 900 & wait; sleep 900"]


def forked():
    if os.fork() == 0:
        while True:
            signal.pause()


def daemon():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execvp(SLEEP[0], SLEEP)


forked()
daemon()
subprocess.Popen(SLEEP)
subprocess.Popen(SLEEP, start_new_session=True)
subprocess.Popen(TWO, start_new_session=True)
subprocess.Popen(DEAF)
integration = Integration()


@integration.on_resync("thing")
def things(resync):
    for page in range(3):
        yield [{"id": f"{page}-{number}"} for number in range(20)]
""",
    ".port/resources/blueprints.json": json.dumps([BLUEPRINT]),
    ".port/resources/port-app-config.yaml": json.dumps({"resources": [RESOURCE]}),
    "requirements.txt": "",
}
