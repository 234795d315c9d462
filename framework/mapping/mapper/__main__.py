"""The program that runs user-written jq, away from the supervisor: pages in, entities out.

It may use 1 GiB of memory; the thread that started it limits the CPU time of each page.
"""

import os
import resource
import sys
from functools import lru_cache
from typing import BinaryIO

import msgspec

from framework.errors import MappingError
from framework.mapping.contract import Failed, Program, Started, Translate, Translated
from framework.mapping.mapper.rows import Translator
from framework.protocol.framing import encode

MEMORY = 1024 * 1024 * 1024  # bytes
PROGRAMS = 256  # how many compiled programs are kept

decoder = msgspec.json.Decoder(Translate)


def serve(lines: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line until there are no more."""
    answers.write(encode(Started()))
    answers.flush()
    for line in lines:
        answers.write(encode(answer(decoder.decode(line))))
        answers.flush()


def answer(page: Translate) -> Translated | Failed:
    """Return a page's entities, or why there are none."""
    try:
        return translator(bytes(page.program)).translate(page.items)
    except MappingError as error:
        return Failed(str(error))


@lru_cache(PROGRAMS)
def translator(program: bytes) -> Translator:
    """Return the compiled program; the ones used last are kept."""
    return Translator(msgspec.json.decode(program, type=Program))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # out of memory jq aborts
    private = os.dup(1)
    os.dup2(2, 1)  # a stray print must not break the lines
    with os.fdopen(private, "wb") as out:
        serve(sys.stdin.buffer, out)
