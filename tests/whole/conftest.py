"""A local Port of its own behind a proxy that can refuse, for houses whose Port is not theirs."""

import json
import subprocess
import sys

import pytest

from framework.process import bound
from tests.conftest import SUPERVISOR, Port
from tests.fakes.proxy import Proxy

SANDBOX = """
port:
  baseUrl: sandbox
"""


class Outside:
    """A Port that runs elsewhere: its address, its credentials, the proxy in front of it."""

    def __init__(self, address):
        self.address = address
        self.proxy = Proxy(address["url"])
        self.port = Port(address)

    @property
    def sections(self):
        """The sections of a config.yaml that use it."""
        return {
            "port": {
                "clientId": self.address["clientId"],
                "clientSecret": self.address["clientSecret"],
                "baseUrl": self.proxy.url,
            },
            "triggerChannel": {
                "type": "KAFKA",
                "brokers": self.address["kafka"],
                "securityProtocol": "PLAINTEXT",
                "sessionTimeoutSeconds": 6,
            },
        }


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    folder = tmp_path_factory.mktemp("port")
    (folder / "config.yaml").write_text(SANDBOX)
    argv = [sys.executable, str(SUPERVISOR), "sandbox", "--config", str(folder / "config.yaml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(bound(argv), stdout=subprocess.PIPE, stderr=log)
    outside = Outside(json.loads(process.stdout.readline()))
    yield outside
    outside.proxy.down()
    process.terminate()
    process.wait(30)
    process.stdout.close()
