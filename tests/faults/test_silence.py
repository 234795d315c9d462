"""Processes that say nothing, and others that never stop: each is dealt with, nobody else notices.

All of them are silent, or loud, at the same time, in one house.
"""

import re
import time

import psutil
import pytest

from framework.console import client
from tests.fakes.children import gone
from tests.faults import illnesses, looks
from tests.faults.illnesses import HOLD_THE_GIL, WELL, at_start, at_work

LOUD_SECONDS = 45  # longer than any heartbeat may be missing
ROOM = 150 << 20  # bytes that the supervisor may grow by, whatever it is told
SOON = 20  # s; a generous deadline for what takes one or two
MUTES = [f"mute-{number}" for number in range(6)]  # more than may start at once
AT_ONCE = "time.sleep(600)"
# While it is loud, `make_noise` is called again and again.
LOUD = f"""
end = time.monotonic() + {LOUD_SECONDS}
while time.monotonic() < end:
    make_noise()
"""
# The sdk's reader answers a ping by way of this lock.
DEADLOCK = """
[writer] = [thread for thread in threading.enumerate() if thread.name == "writer"]
writer._lines.mutex.acquire()
writer._lines.mutex.acquire()
"""
HANGING = {
    "stopped": at_work("os.kill(os.getpid(), signal.SIGSTOP)"),
    "holds-the-gil": at_work(HOLD_THE_GIL),
    "deadlocked": at_work(DEADLOCK),
}
# Sends a page that cannot be read, and takes no notice of what follows from that.
DEAF = at_work("""
    say(type="page", delivery=delivery, items=3)
    while True:
        time.sleep(1)
""")
# Sends what nobody asked for, so that its delivery is cancelled, and goes on to say that it works.
UNASKED = "say(type='page', delivery=delivery, seq=1, kind='other', index=9, items=[])\n"
CHATTY = at_work(f"""
    {UNASKED}
    while True:
        say(type="progress", delivery=delivery, done=1)
        time.sleep(0.02)
""")
POLITE = at_work(f"""
    while not (here / "was-polite").exists():
        {UNASKED}
        (here / "was-polite").touch()
        while True:
            now.progress(1)
            time.sleep(0.02)
""")
LOUD_ONES = {
    "shouts": at_work(
        "def make_noise():\n    os.write(2, b'shouted so that everybody hears\\n' * 1000)" + LOUD
    ),
    "roars": at_work("def make_noise():\n    os.write(2, b'roar' * 4096)" + LOUD),
    "prints": at_work("def make_noise():\n    print('printed by somebody')" + LOUD),
    "babbles": at_work(
        "def make_noise():\n    say(type='log', level='info', message='babble')" + LOUD
    ),
}
SLEEPER = at_work("while not (here / 'awake').exists():\n    time.sleep(0.05)")
# Grows beyond its soft limit once its earlier failures, had it any, would be forgotten.
GROWS = at_work("""
    def grow():
        globals()["held"] = b"x" * (100 << 20)

    timer = threading.Timer(62, grow)
    timer.daemon = True
    timer.start()
""")
UNREADY = at_start("say(type='hello', protocol=1)\n" + AT_ONCE)
EVERYONE = {
    **dict.fromkeys(MUTES, at_start(AT_ONCE)),
    "unready": UNREADY,
    "deaf": DEAF,
    "chatty": CHATTY,
    "polite": POLITE,
    **HANGING,
    **LOUD_ONES,
    "sleeper": SLEEPER,
    "grows": GROWS,
    "well": WELL,
}


@pytest.fixture(scope="module")
def began():
    return time.monotonic()


@pytest.fixture(scope="module")
def house(shared_house, began):
    illnesses.admit(shared_house, EVERYONE, limits={"memory": "1GiB", "memorySoft": "80MiB"})
    shared_house.start()
    return shared_house


@pytest.fixture(scope="module")
def well(house):
    """The process of the one that is well, as it was at first."""
    return looks.until_ready(house, "well")["pid"]


@pytest.fixture(scope="module")
def port(house, well):
    return house.port()


@pytest.fixture(scope="module")
def size(house, well):
    """Return a function: how many bytes the supervisor takes."""
    return lambda: psutil.Process(house.supervisor()).memory_info().rss


@pytest.fixture(scope="module")
def loud(house, port, size):
    """The loud ones by name, each at its work, and how large the supervisor was before."""
    before = size()
    for name in LOUD_ONES:
        house.eventually(lambda name=name: in_work(house, name), SOON, f"{name} at work")
    return {name: house.one(name) for name in LOUD_ONES} | {"before": before}


def test_those_that_never_greet_hold_no_other_up(house, well, began):
    assert time.monotonic() - began < SOON
    assert {house.one(name)["state"] for name in MUTES} <= {"PENDING", "STARTING"}


def test_floods_make_nobody_wait_and_the_supervisor_no_larger(house, loud, size):
    sizes, waits, resyncs = [], [], []
    for _ in range(10):
        began = time.monotonic()
        assert house.status()["state"]
        waits.append(time.monotonic() - began)
        resyncs.append(house.resync("well", SOON)["status"])
        sizes.append(size())

    assert set(resyncs) == {"completed"}
    assert max(waits) < 2
    assert max(sizes) - loud["before"] < ROOM


def test_stacks_of_a_busy_process_are_shown_and_it_goes_on(house, port):
    pid = looks.until_ready(house, "sleeper")["pid"]
    house.eventually(lambda: in_work(house, "sleeper"), SOON, "its handler at work")
    shown = house.command("stacks", "sleeper").stdout

    (illnesses.place(house, "sleeper") / "awake").touch()
    assert re.search(r'main\.py".* in ill\b', shown)
    assert "reader" in shown
    assert looks.until_over(house, "sleeper") == [(1, "done")]
    assert "sleeper" in port.entities(illnesses.KIND)
    assert (house.one("sleeper")["pid"], house.one("sleeper")["restarts"]) == (pid, 0)


def test_stacks_of_a_process_that_holds_the_gil_are_forced_out_of_it(house):
    house.eventually(lambda: in_work(house, "holds-the-gil"), SOON, "its handler at work")

    assert re.search(r'main\.py", line \d+ in ill\b', client.stacks(house.state, "holds-the-gil"))


@pytest.mark.parametrize("name", HANGING)
def test_a_process_without_a_pong_is_replaced_and_its_delivery_repeated(house, port, name):
    told = looks.until_fallen(house, name, "BACKOFF", 90)
    one = looks.until_ready(house, name)

    assert told["reason"] == "no `pong` for 30 s"
    assert gone(told["pid"])
    assert looks.until_over(house, name) == [(2, "done")]
    assert name in port.entities(illnesses.KIND)
    assert (one["restarts"], looks.processes(house, name)) == (1, [one["pid"]])


@pytest.mark.parametrize("name", ["holds-the-gil", "deadlocked"])
def test_what_every_thread_of_a_silent_process_did_is_in_its_log(house, name):
    looks.until_fallen(house, name, "BACKOFF", 90)

    assert re.search(r'main\.py", line \d+ in ill\b', looks.log(house, name))
    assert re.search(r'server\.py", line \d+ in _read\b', looks.log(house, name))


def test_a_process_that_does_not_answer_a_cancel_is_replaced_and_its_delivery_is_over(house):
    told = looks.until_fallen(house, "deaf", "BACKOFF", 90)
    one = looks.until_serving(house, "deaf")

    assert told["reason"] == "it did not answer `cancel` within 30 s"
    assert re.search(r'main\.py", line \d+ in ill\b', looks.log(house, "deaf"))
    assert looks.until_over(house, "deaf") == [(1, "done")]
    assert "a broken frame: page: " in one["lastResync"]["error"]
    assert (one["restarts"], looks.processes(house, "deaf")) == (1, [one["pid"]])


def test_a_cancelled_delivery_ends_in_time_though_its_process_says_that_it_works(house, well):
    told = looks.until_fallen(house, "chatty", "BACKOFF", 90)
    looks.until_serving(house, "chatty")

    assert told["reason"] == "it did not answer `cancel` within 30 s"
    assert looks.until_over(house, "chatty") == [(1, "done")]


def test_progress_ends_the_handler_of_a_cancelled_delivery_and_the_process_goes_on(house, well):
    assert looks.until_over(house, "polite") == [(1, "done")]
    degraded = lambda: house.one("polite")["state"] == "DEGRADED"  # noqa: E731 - a look
    house.eventually(degraded, SOON, "its delivery settled")

    one = house.one("polite")
    assert one["restarts"] == 0
    assert "it sent kind 'other' (index 9), which was not asked for" in one["reason"]


@pytest.mark.parametrize("name", MUTES)
def test_a_process_that_never_greets_is_replaced(house, port, name):
    told = looks.until_fallen(house, name, "BACKOFF", 90)
    one = looks.until_ready(house, name)

    assert told["reason"] == "no `hello` within 30 s of its start"
    assert gone(told["pid"])
    assert looks.until_over(house, name) == [(1, "done")]
    assert name in port.entities(illnesses.KIND)
    assert (one["restarts"], looks.processes(house, name)) == (1, [one["pid"]])
    assert 'main.py", line' in looks.log(house, name)


@pytest.mark.parametrize("name", LOUD_ONES)
def test_a_flood_is_cut_counted_and_costs_nothing_else(house, port, loud, name):
    assert looks.until_over(house, name, LOUD_SECONDS + SOON) == [(1, "done")]

    assert name in port.entities(illnesses.KIND)
    one = house.one(name)
    assert (one["state"], one["pid"], one["restarts"]) == ("READY", loud[name]["pid"], 0)


@pytest.mark.parametrize("name", ["shouts", "prints", "babbles"])
def test_what_was_left_out_of_a_log_is_said_there(house, name):
    looks.until_over(house, name, LOUD_SECONDS + SOON)

    assert re.search(r"\d+ (lines|messages) (were )?dropped", looks.log(house, name))


def test_a_process_that_never_gets_ready_is_replaced(house, port):
    told = looks.until_fallen(house, "unready", "BACKOFF", 120)
    one = looks.until_ready(house, "unready")

    assert told["reason"] == "no `ready` within 60 s of its `hello`"
    assert looks.until_over(house, "unready") == [(1, "done")]
    assert "unready" in port.entities(illnesses.KIND)
    assert (one["restarts"], looks.processes(house, "unready")) == (1, [one["pid"]])


def test_one_that_grew_too_large_in_a_long_life_is_replaced_without_a_failure(house):
    told = looks.until_fallen(house, "grows", "STOPPING", 120)
    house.eventually(lambda: house.one("grows")["restarts"] == 1, SOON, "another process")
    looks.until_ready(house, "grows")

    assert re.search(r"its memory is 1\d\d MiB .*over the soft limit of 80 MiB", told["reason"])
    assert looks.fell(house, "grows", "BACKOFF") == {}
    assert looks.until_over(house, "grows") == [(1, "done")]


def test_in_the_end_all_are_well(house, port, well):
    for name in ("deaf", "chatty", "polite"):
        assert house.resync(name)["status"] == "completed"
    states = {name: house.one(name)["state"] for name in EVERYONE}

    assert states == dict.fromkeys(EVERYONE, "READY")
    assert set(port.entities(illnesses.KIND)) == set(EVERYONE)
    assert (house.one("well")["pid"], house.one("well")["restarts"]) == (well, 0)
    assert "Traceback" not in looks.own_words(house)


def in_work(house, name):
    return any(one["state"] == "sent" for one in house.deliveries(name))
