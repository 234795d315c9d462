import os
import sys
from pathlib import Path

import pytest

from framework.protocol import framing
from framework.protocol.messages import Bye, IntegrationHello, SupervisorHello
from framework.sdk import serve

HEAD = "from framework.sdk import Integration\n"


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
