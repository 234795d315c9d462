"""Processes that end, or must be ended: told with the reason, replaced, nothing lost, nothing left.

All of them fall ill at the same time, in one house.
"""

import json
import re
import resource
import signal
from typing import NamedTuple

import pytest

from tests.conftest import alive
from tests.fakes.children import gone
from tests.faults import illnesses, looks
from tests.faults.illnesses import HOLD_THE_GIL, LEAVE_BEHIND, WELL, at_start, at_work

STRAIGHT_AWAY = 60  # s; a generous deadline for what takes a few of them
SUICIDE = "os.kill(os.getpid(), signal.SIGKILL)\n"
BY_SIGKILL = "killed by SIGKILL, not by the supervisor: .*"
BROKEN = "protocol error: a broken frame: "


class Fall(NamedTuple):
    """A main.py that falls ill, the reason that is told, and how its process ended."""

    main: str
    reason: str
    code: int | None = None
    signal: str | None = "SIGKILL"


def exits(status, words="", lives="LIFE == 1"):
    say = f"print({words!r}, file=sys.stderr)\n" if words else ""
    return at_start(f"{say}sys.exit({status})", lives)


AT_START = {
    "exits-0": Fall(exits(0), "exit status 0, though nobody asked it to end", 0, None),
    "exits-70": Fall(
        exits(70, "out of luck"), r"exit status 70 \(EX_SOFTWARE\): out of luck", 70, None
    ),
}
AT_WORK = {
    "leaves": Fall(at_work("os._exit(0)"), "exit status 0, though nobody asked .*", 0, None),
    "killed": Fall(
        at_work("""raw(b'{"type":"page","delivery":"' + delivery.encode())\n""" + SUICIDE),
        BY_SIGKILL,
    ),
    "segfaults": Fall(at_work("ctypes.string_at(0)"), "killed by SIGSEGV", None, "SIGSEGV"),
    "leaves-behind": Fall(at_work(LEAVE_BEHIND + SUICIDE), BY_SIGKILL),
    "leaves-behind-and-exits": Fall(
        at_work(LEAVE_BEHIND + "os._exit(1)"), "exit status 1", 1, None
    ),
    "garbles": Fall(
        at_work("""
            for number in range(200):
                raw(b"\\xff garbage %d\\n" % number)
            time.sleep(600)
        """),
        "protocol error: more than 100 lines a minute on stdout are no messages",
    ),
    "misshapes": Fall(
        at_work("""say(type="pong", n="many")\ntime.sleep(600)"""), BROKEN + "pong: Expected .*"
    ),
    "oversizes": Fall(
        at_work("""raw(b"x" * (9 << 20) + b"\\n")\ntime.sleep(600)"""),
        BROKEN + "the line is over the size limit",
    ),
    "skips": Fall(
        at_work("""
            say(type="page", delivery=delivery, seq=5, kind="thing", index=0)
            time.sleep(600)
        """),
        "protocol error: page 5 came after page 0",
    ),
    "crowds": Fall(
        at_work("""
            for seq in range(1, 200):
                say(type="page", delivery=delivery, seq=seq, kind="thing", index=0)
            time.sleep(600)
        """),
        r"protocol error: page \d+ came before page \d+ was acked",
    ),
    "swells": Fall(
        at_work("""held = b"x" * (200 << 20)\ntime.sleep(600)"""),
        r"its memory is 2\d\d MiB .*over the limit of 120 MiB.*",
    ),
}
COME_BACK = AT_START | AT_WORK
BLOCKED = {
    "exits-77": Fall(
        exits(77, "the token was refused"),
        r"exit status 77 \(EX_NOPERM\): the token was refused",
        77,
        None,
    ),
    "exits-78": Fall(
        exits(78, "no such setting"), r"exit status 78 \(EX_CONFIG\): no such setting", 78, None
    ),
    "speaks-another": Fall(
        at_start("""say(type="hello", protocol=9)\ntime.sleep(600)"""),
        "it speaks protocol 9, the supervisor speaks 1",
    ),
}
OTHERS = {
    "loops": exits(1, "again", "LIFE <= 5"),
    "temporary": exits(75, "the source is down", "LIFE <= 5"),
    "grows": at_work("""globals()["held"] = b"x" * (80 << 20)"""),
    "stubborn": at_work(
        'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n(here / "deaf").touch()\n' + HOLD_THE_GIL
    ),
    "oversizes-its-own": at_work("""
        raw(b'{"type":"page","delivery":"' + delivery.encode() + b'","seq":1,"kind":"thing","items"'
            + b":" + b" " * (9 << 20) + b"[]}\\n")
    """),
    "opens-many": at_work("""
        if not (here / "opened").exists():
            (here / "opened").touch()
            held = [open(__file__) for _ in range(1000)]
    """),
    "strays": at_start("""
        raw(b"stray line\\n" * 3)
        raw(b'{"type":"of tomorrow"}\\n')
    """),
    "unbuildable": WELL,
    "well": WELL,
}
LIMITS = {"memory": "120MiB", "memorySoft": "60MiB", "openFiles": 128}


@pytest.fixture(scope="module")
def house(shared_house):
    falls = {name: fall.main for name, fall in (COME_BACK | BLOCKED).items()}
    illnesses.admit(shared_house, falls | OTHERS, limits=LIMITS)
    requirements = illnesses.place(shared_house, "unbuildable") / "requirements.txt"
    requirements.write_text("six ==== 1\n")
    shared_house.start()
    return shared_house


@pytest.fixture(scope="module")
def well(house):
    """The process of the one that is well, as it was at first."""
    return looks.until_ready(house, "well")["pid"]


@pytest.fixture(scope="module")
def port(house, well):
    return house.port()


def test_one_that_ignores_sigterm_is_killed_and_its_delivery_waits_for_the_next_start(house, port):
    deaf = illnesses.place(house, "stubborn") / "deaf"
    house.eventually(deaf.exists, STRAIGHT_AWAY, "its handler at work")
    pid = house.one("stubborn")["pid"]

    assert house.command("stop", "stubborn").returncode == 0
    told = looks.until_fallen(house, "stubborn", "STOPPED", 30)

    assert (told["signal"], told["pid"]) == ("SIGKILL", pid)
    assert looks.processes(house, "stubborn") == []
    assert [one["state"] for one in house.deliveries("stubborn")] == ["pending"]
    assert house.one("stubborn")["restarts"] == 0

    assert house.command("start", "stubborn").returncode == 0
    assert looks.until_over(house, "stubborn") == [(2, "done")]
    assert "stubborn" in port.entities(illnesses.KIND)


@pytest.mark.parametrize("name", COME_BACK)
def test_a_death_is_told_with_its_reason(house, name):
    told = looks.until_fallen(house, name, "BACKOFF", STRAIGHT_AWAY)

    fall = COME_BACK[name]
    assert re.fullmatch(fall.reason, told["reason"])
    assert (told.get("exitCode"), told.get("signal")) == (fall.code, fall.signal)
    assert gone(told["pid"])


@pytest.mark.parametrize("name", COME_BACK)
def test_after_a_death_it_comes_back_with_nothing_lost_and_nothing_left(house, port, name):
    done = looks.until_over(house, name)
    one = looks.until_ready(house, name)

    assert done == [(1 if name in AT_START else 2, "done")]
    assert name in port.entities(illnesses.KIND)
    assert one["restarts"] == 1
    assert looks.processes(house, name) == [one["pid"]]


@pytest.mark.parametrize("name", ["leaves-behind", "leaves-behind-and-exits"])
def test_what_a_process_left_behind_is_killed_however_far_it_went(house, name):
    looks.until_over(house, name)

    left = illnesses.left(house, name)
    assert len(left) == 3
    assert all(map(gone, left))
    said = looks.log(house, name)
    assert re.search("[23] processes that it left behind were killed", said)  # one may be quicker


@pytest.mark.parametrize("name", BLOCKED)
def test_what_only_a_person_can_mend_blocks_until_a_start(house, port, name):
    told = looks.until_fallen(house, name, "BLOCKED", STRAIGHT_AWAY)
    fall = BLOCKED[name]
    assert re.fullmatch(fall.reason, told["reason"])
    assert (told.get("exitCode"), told.get("signal")) == (fall.code, fall.signal)
    one = house.one(name)
    assert (one["state"], one["retryAt"], one["restarts"]) == ("BLOCKED", None, 0)
    assert looks.processes(house, name) == []
    assert [one["state"] for one in house.deliveries(name)] == ["pending"]

    assert house.command("start", name).returncode == 0
    assert looks.until_over(house, name) == [(1, "done")]
    assert name in port.entities(illnesses.KIND)


def test_requirements_that_cannot_be_built_block_until_they_change(house, port):
    told = looks.until_fallen(house, "unbuildable", "BLOCKED", STRAIGHT_AWAY)
    requirements = illnesses.place(house, "unbuildable") / "requirements.txt"
    assert told["reason"].startswith(str(requirements))
    assert house.one("unbuildable")["retryAt"] is None
    assert looks.processes(house, "unbuildable") == []

    requirements.write_text("")
    assert looks.until_over(house, "unbuildable") == [(1, "done")]
    assert "unbuildable" in port.entities(illnesses.KIND)


def test_a_broken_page_fails_its_delivery_and_nothing_else(house):
    assert looks.until_over(house, "oversizes-its-own") == [(1, "done")]

    report = house.one("oversizes-its-own")["lastResync"]
    assert report["status"] == "failed"
    assert "a broken frame: the line is over the size limit" in report["error"]
    assert house.one("oversizes-its-own")["restarts"] == 0


def test_too_many_open_files_fail_a_delivery_and_not_the_process(house, port):
    assert looks.until_over(house, "opens-many") == [(1, "done")]
    one = looks.until_serving(house, "opens-many")
    assert one["state"] == "DEGRADED"
    assert "Too many open files" in one["lastResync"]["error"]
    assert resource.prlimit(one["pid"], resource.RLIMIT_NOFILE) == (128, 128)

    assert house.resync("opens-many")["status"] == "completed"
    assert "opens-many" in port.entities(illnesses.KIND)
    after = looks.until_ready(house, "opens-many")
    assert (after["pid"], after["restarts"]) == (one["pid"], 0)


def test_stray_lines_are_logged_and_what_is_unknown_is_ignored(house, port):
    assert looks.until_over(house, "strays") == [(1, "done")]

    assert looks.log(house, "strays").count("stray output: stray line") == 3
    assert "strays" in port.entities(illnesses.KIND)
    assert looks.until_ready(house, "strays")["restarts"] == 0


def test_a_crash_loop_is_told_retries_by_itself_and_starts_at_once_when_asked(house, port):
    told = looks.until_fallen(house, "loops", "CRASH_LOOP", STRAIGHT_AWAY)
    one = house.one("loops")
    assert told["reason"] == "exit status 1: again"
    assert told["stderr"][-1] == "again"
    assert (one["state"], one["restarts"]) == ("CRASH_LOOP", 4)
    assert one["retryAt"] > one["since"]
    assert looks.processes(house, "loops") == []

    assert house.command("stop", "loops").returncode == 0
    one = house.one("loops")
    assert (one["state"], one["retryAt"]) == ("STOPPED", None)
    assert house.command("start", "loops").returncode == 0
    assert looks.until_over(house, "loops", 20) == [(1, "done")]
    assert "loops" in port.entities(illnesses.KIND)


def test_a_process_over_its_soft_limit_finishes_first(house, port):
    told = looks.until_fallen(house, "grows", "STOPPING")
    assert re.fullmatch(r"its memory is \d+ MiB .*over the soft limit of 60 MiB.*", told["reason"])
    one = looks.until_ready(house, "grows")

    assert one["restarts"] == 1
    assert looks.until_over(house, "grows") == [(1, "done")]
    assert "grows" in port.entities(illnesses.KIND)


def test_a_source_that_is_down_for_a_while_is_no_crash_loop(house, port):
    assert looks.until_over(house, "temporary", 90) == [(1, "done")]

    states = {one["to"] for one in house.transitions("temporary")}
    assert house.one("temporary")["restarts"] == 5
    assert "BACKOFF" in states
    assert "CRASH_LOOP" not in states
    assert "temporary" in port.entities(illnesses.KIND)


def test_in_the_end_all_are_well_and_nothing_of_it_is_left(house, port, well):
    everyone = json.loads(house.config.read_text())["integrations"]
    names = {one["identifier"] for one in everyone}
    states = {name: house.one(name)["state"] for name in names}
    running = {name: looks.processes(house, name) for name in names}

    assert states == dict.fromkeys(names, "READY") | {"oversizes-its-own": "DEGRADED"}
    assert running == {name: [house.one(name)["pid"]] for name in names}
    assert set(port.entities(illnesses.KIND)) == names - {"oversizes-its-own"}
    assert (house.one("well")["pid"], house.one("well")["restarts"]) == (well, 0)
    assert "Traceback" not in looks.own_words(house)

    family = house.family()
    assert house.stop(signal.SIGTERM) == 0
    assert alive(family) == []
    assert house.relatives() == []
