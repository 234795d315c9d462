import re
from pathlib import Path
from typing import get_args

import pytest

from framework.protocol.framing import Broken, Decoder, Stray, Unknown
from framework.protocol.messages import Down, Up

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
SIDES = {">": Down, "<": Up}


def tags(union):
    return sorted(str(member.__struct_config__.tag) for member in get_args(union))


@pytest.mark.parametrize("sign", SIDES)
def test_the_conversation_on_the_page_can_be_read(sign):
    decoder = Decoder(SIDES[sign])
    lines = re.findall(rf"^{sign} (\{{.*)$", PAGE, re.MULTILINE)
    read = [decoder.decode(line.encode()) for line in lines]
    assert lines
    assert not [one for one in read if isinstance(one, Stray | Unknown | Broken)]


def test_the_page_tells_of_every_message():
    _, down, up = re.split(r"^## From .*$", PAGE, flags=re.MULTILINE)
    up = up.partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", down, re.MULTILINE)) == tags(Down)
    assert sorted(re.findall(r"^\| `(\w+)` \|", up, re.MULTILINE)) == tags(Up)
