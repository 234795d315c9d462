import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import framework
from framework.protocol import framing
from framework.protocol.messages import Bye, IntegrationHello, SupervisorHello
from framework.sdk import serve

HEAD = "from framework.sdk import Integration\n"
PATHS = [str(Path(module.__file__).parents[1]) for module in (framework, msgspec)]
LARGE = {
    *("asyncio", "concurrent.futures", "dataclasses", "email", "http", "inspect", "json"),
    *("logging", "multiprocessing", "random", "socket", "ssl", "subprocess", "tempfile"),
}
LISTED = f"""
import sys
sys.path += {PATHS}
sys.modules["typing_extensions"] = None  # msgspec takes it, and it `inspect`, if it is installed
import framework.sdk.serve
print(*sys.modules)
"""


@pytest.fixture
def main(tmp_path, monkeypatch) -> Path:
    monkeypatch.setitem(sys.modules, "main", None)
    return tmp_path / "main.py"


def test_the_one_integration_of_main_is_found_under_all_its_names(main):
    main.write_text(f"{HEAD}integration = alias = Integration()\n")
    assert serve.the_one_in(main) is sys.modules["main"].integration


@pytest.mark.parametrize("names", [[], ["one", "two"]])
def test_no_integration_or_two_end_with_a_sentence(main, names):
    main.write_text(HEAD + "".join(f"{name} = Integration()\n" for name in names))
    with pytest.raises(SystemExit, match=f"main.py makes {len(names)} Integrations: write"):
        serve.the_one_in(main)


def test_an_error_in_main_is_raised(main):
    main.write_text("1 / 0")
    with pytest.raises(ZeroDivisionError):
        serve.the_one_in(main)


def test_it_is_served_until_the_supervisor_is_gone(main):
    main.write_text(f"{HEAD}integration = Integration()\nintegration.on_resync('issue')(list)\n")
    commands, down = os.pipe()
    up, answers = os.pipe()
    os.write(down, framing.encode(SupervisorHello([1], "0", "session")))
    os.close(down)
    left: list[int] = []  # not this process: it has more to do
    assert serve.run(main, (commands, answers), left.append) == 0
    hello, bye = os.read(up, 10_000).splitlines()
    decoder: framing.Decoder[IntegrationHello | Bye] = framing.Decoder(IntegrationHello | Bye)
    assert decoder.decode(hello).name == main.parent.name
    assert decoder.decode(bye) == Bye("stdin ended")
    for fd in (commands, up, answers):
        os.close(fd)


def test_nothing_large_is_imported_into_every_integrations_process():
    alone = [sys.executable, "-I", "-S", "-c", LISTED]
    listed = subprocess.run(alone, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "framework.sdk.server" in listed.split()
    assert LARGE.intersection(listed.split()) == set()


@pytest.mark.parametrize(
    ("error", "status"), [("ConfigError", 78), ("AuthError", 77), ("TransientError", 75)]
)
def test_an_error_that_the_author_raises_on_purpose_is_an_exit_status(main, capfd, error, status):
    main.write_text(f"from framework.errors import {error}\nraise {error}('set a token')\n")

    assert serve.run(main, (0, 1)) == status
    assert capfd.readouterr().err == "set a token\n"
