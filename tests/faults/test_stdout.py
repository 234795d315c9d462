"""What `run` prints can neither end it nor hold it up."""

import fcntl
import os
from pathlib import Path

import pytest

NOWHERE = """
    port: {clientId: me, clientSecret: secret, baseUrl: "http://127.0.0.1:9"}
    triggerChannel: {brokers: "127.0.0.1:9", securityProtocol: PLAINTEXT}
"""
SOON = 30  # s
CLOSED = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]


@pytest.fixture
def started(house):
    """Return what starts a supervisor with this stdout and waits until it has a state to print."""

    def start(stdout=None, **options):
        house.configure(NOWHERE)
        house.start(stdout=stdout, **options)
        house.until("DEGRADED", SOON)
        return house

    return start


def end(house):
    assert house.stop(seconds=SOON) == 0
    assert "Traceback" not in house.log.read_text()


def test_a_full_disk_behind_stdout_is_a_warning(started):
    with Path("/dev/full").open("wb") as full:
        house = started(full)
        house.eventually(lambda: "stdout: No space left on device" in house.log.read_text(), SOON)
        end(house)


def test_a_reader_that_has_gone_changes_nothing(started):
    readable, writable = os.pipe()
    os.close(readable)
    house = started(writable)
    os.close(writable)
    house.eventually(lambda: "stdout: Broken pipe" in house.log.read_text(), SOON)
    end(house)


def test_a_pipe_that_nobody_reads_keeps_nobody_from_stopping(started):
    readable, writable = os.pipe()
    os.write(writable, bytes(fcntl.fcntl(writable, fcntl.F_GETPIPE_SZ)))
    house = started(writable)
    end(house)
    for descriptor in (readable, writable):
        os.close(descriptor)


@pytest.mark.root  # others may not look into a process that hides its memory
@pytest.mark.parametrize("guarded", [False, True])
def test_no_file_takes_the_place_of_an_output_that_was_closed_at_the_start(started, guarded):
    house = started(around=CLOSED, guarded=guarded)
    standard = [
        str(Path(f"/proc/{house.supervisor()}/fd/{number}").readlink()) for number in range(3)
    ]

    assert standard == ["/dev/null"] * 3
    end(house)
