"""Whatever a process sends, and whatever Port does meanwhile: the supervisor stays, and so small.

Hypothesis plays processes that send any frames in any order. `FUZZ_EXAMPLES=1000` plays longer, and
each time something else.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from collections import deque
from functools import partial, wraps
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from framework.console import client
from framework.machine import process_table
from framework.protocol.messages import MAX_FRAME_UP, MAX_ITEMS, MAX_MESSAGE_UP, WINDOW
from tests.fakes import scripted
from tests.fakes.proxy import Proxy
from tests.fakes.syncing import local_port
from tests.faults import looks
from tests.faults.wires import MAIN, Seats

pytestmark = pytest.mark.fuzz

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
STEPS = 12
SHOWN = 200  # characters of a step
# With real processes nothing happens twice in the same way: a failure is kept by us, and reported
# once all is over.
PLAYED = settings(
    max_examples=EXAMPLES or 20,
    derandomize=not EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
FLOOD, MANY = 500_000, 20_000  # messages
SEATS = [f"seat-{number}" for number in range(6)]
ROOM = 150 << 20  # bytes that the supervisor may grow by
LOOK_SECONDS = 0.02  # between two looks at its memory
ANSWER_SECONDS = 10.0  # for an operator, whatever else there is to do
WORK_SECONDS = 1.5  # for a delivery to come; it does not while Port is ill
# A process that does not greet has 30 s, one that is silent, too; the stop ladder takes 9 more. A
# delivery that Port held up twice waits for 15 s.
END_SECONDS = 100.0
SLOW_SECONDS = 0.3  # of each answer of Port
MUTE_SECONDS = 15.0

# --- what is said

KIND = "thing"
TEXTS = some.text(some.characters(), max_size=20)
NUMBERS = some.integers(-1, 12) | some.integers() | some.floats()
JUNK = some.recursive(
    some.none() | some.booleans() | NUMBERS | TEXTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
CURRENT = "the delivery in work"
ILLNESSES = some.sampled_from(["well", "well", "slow", "failing", "mute"])
DELIVERIES = some.sampled_from([CURRENT, CURRENT, CURRENT, CURRENT, "another", "", "x" * 5000])
KINDS = some.sampled_from([KIND, KIND, KIND, "other"])
INDEXES = some.sampled_from([0, 0, 1, 7, -1])
ABOUT = {"delivery": DELIVERIES}
PLACE = {"kind": KINDS, "index": INDEXES}
FIELDS = {
    "hello": {
        "protocol": some.sampled_from([1, 1, 1, 2]),
        "kinds": some.lists(TEXTS, max_size=3),
        "capabilities": some.lists(some.sampled_from(["stacks", "x"]), max_size=2),
    },
    "ready": {},
    "page": {
        **ABOUT,
        "seq": some.integers(1, WINDOW + 2),
        **PLACE,
        "items": some.lists(JUNK, max_size=5),
    },
    "kindDone": {**ABOUT, **PLACE, "error": some.none() | TEXTS},
    "checkpoint": {**ABOUT, **PLACE, "value": JUNK},
    "progress": {**ABOUT, "done": NUMBERS, "total": some.none() | NUMBERS},
    "report": {**ABOUT, "message": TEXTS, "link": TEXTS},
    "log": {
        "level": some.sampled_from(["debug", "info", "warning", "error", "fatal"]),
        "message": TEXTS,
        "fields": some.dictionaries(TEXTS, JUNK, max_size=3),
        "dropped": NUMBERS,
    },
    "done": {
        **ABOUT,
        "outcome": some.sampled_from(["ok", "failed", "cancelled"]),
        "pages": some.none() | some.integers(0, 9),
        "error": some.none() | some.fixed_dictionaries({"class": TEXTS, "message": TEXTS}),
    },
    "checked": {"n": NUMBERS, "error": TEXTS},
    "pong": {"n": NUMBERS, "inFlight": NUMBERS},
    "stacks": {"n": NUMBERS, "text": TEXTS},
    "bye": {"reason": TEXTS, "code": NUMBERS},
    "": {},
}


@some.composite
def messages(draw):
    """Return the fields of a message, perhaps with one too few, of another sort, or unknown."""
    type_ = draw(some.sampled_from(sorted(FIELDS)))
    fields = {"type": type_, **draw(some.fixed_dictionaries(FIELDS[type_]))}
    names = some.sampled_from(sorted({*fields, "unknown"} - {"type"}))
    change = draw(
        some.just({}) | some.just({}) | some.builds(lambda name, junk: {name: junk}, names, JUNK)
    )
    return fields | change


LINES = (
    some.binary(max_size=200)
    | TEXTS.map(lambda text: text.encode(errors="surrogatepass"))
    | messages().map(lambda message: json.dumps(message).encode())
    | messages().map(lambda message: json.dumps(message).encode()[:-1])
)
SIZES = some.sampled_from(
    [
        MAX_MESSAGE_UP - 200,
        MAX_MESSAGE_UP + 1,
        *[MAX_FRAME_UP - 200] * 4,
        MAX_FRAME_UP,
        MAX_FRAME_UP + 1,
        MAX_FRAME_UP * 2,
    ]
)
FILLINGS = some.sampled_from(
    [b"{},", b"[", b'{"a":', b"1,", b'"\xff",', b'"x",', b"[[],{}],", b" "]
)
HUGE = some.sampled_from([*sorted(FIELDS), *["page"] * 10])
# What a flood is made of, after the delivery: the shortest of each sort, right and wrong.
DROPS = some.sampled_from(
    [
        *[("kindDone", f'"kind":"{KIND}","index":0', FLOOD)] * 2,
        ("kindDone", f'"kind":"{KIND}","index":9', MANY),
        ("kindDone", '"kind":1', MANY),
        ("page", '"items":1', MANY),
        ("progress", '"done":1', MANY),
        ("pong", '"n":1', MANY),
        ("log", '"level":"info","message":"."', MANY),
        ("stacks", '"n":1,"text":"."', MANY),
        ("hello", '"protocol":1', MANY),
        ("bye", '"reason":"."', MANY),
        ("else", '"n":1', MANY),
    ]
)


def long_line(type_, wire, filling, size):
    """Return a message with one long array, closed or not."""
    wire.seq += 1
    head = f'{{"type":"{type_}","delivery":{json.dumps(wire.delivery)},"seq":{wire.seq},'
    middle = f'{head}"kind":"{KIND}","index":0,"items":['.encode()
    body = filling * ((size - len(middle) - 4) // len(filling))
    return middle + body.rstrip(b",") + b"]}\n"


# --- the house


@pytest.fixture(scope="module")
def world(shared_house, tmp_path_factory):
    """Return a house with a Port that can be made ill, and seats for processes that we play."""
    house = shared_house
    sockets = Path(tempfile.mkdtemp(prefix="fuzz-"))  # an address has at most 107 bytes
    address = str(sockets / "s")
    resources = [scripted.resource(KIND, KIND), scripted.resource(KIND, KIND)]
    place = ([scripted.blueprint(KIND)], {"resources": resources})
    house.integration("empty", MAIN.format(address=address), "", place)
    with local_port(tmp_path_factory.mktemp("port")) as (url, _):
        proxy = Proxy(url)
        config = {
            "port": {"baseUrl": proxy.url, "clientId": "me", "clientSecret": "secret"},
            "triggerChannel": {"brokers": "127.0.0.1:9", "securityProtocol": "PLAINTEXT"},
            "integrationsPath": ["integrations"],
            "integrations": [{"identifier": name, "type": "empty"} for name in SEATS],
        }
        house.config.write_text(json.dumps(config))
        seats = Seats(house, address, SEATS)
        seats.start()
        house.start()
        for name in SEATS:
            looks.until_serving(house, name)
            house.resync(name)
        yield World(house, proxy, list(seats.all.values()))
        house.end()
        proxy.down()
        seats.close()
    shutil.rmtree(sockets)


class World:
    """What all examples share, and how much they did."""

    def __init__(self, house, proxy, seats):
        self.house = house
        self.done = SimpleNamespace(examples=0, steps=0, bytes=0, deliveries=0, growth=0)
        self.words = deque(maxlen=STEPS * 2)
        self.failure = None
        self._proxy = proxy
        self._seats = seats
        self._pid = house.supervisor()
        self._before = self._memory()
        self._well = threading.Event()
        self._over = threading.Event()
        threading.Thread(target=self._measure, daemon=True).start()

    def take(self):
        """Return the seat that was left first."""
        seat = self._seats[self.done.examples % len(self._seats)]
        self.done.examples += 1
        return seat

    def port(self, illness):
        """Let Port be `well`, `slow`, `failing`, or `mute` until it is anything else."""
        self._well.set()
        self._well = well = threading.Event()
        self._proxy.refuse = {
            "well": lambda *_: None,
            "slow": lambda *_: time.sleep(SLOW_SECONDS),
            "failing": lambda *_: 503,
            "mute": lambda *_: 503 if not well.wait(MUTE_SECONDS) else None,
        }[illness]

    def resync(self, seat):
        client.resync(self.house.state, seat.name)
        self.done.deliveries += 1

    def step(self, play, *words):
        """Play a step, unless one has failed: then nothing is worth to be played."""
        if self.failure:
            return
        self.done.steps += 1
        self.words.append(str(words)[:SHOWN])
        try:
            play()
            self._look()
        except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - see PLAYED
            self.failure = failure

    def check(self):
        """Raise what failed, and say after which steps; hypothesis would play them again."""
        if self.failure:
            raise AssertionError("\n".join(self.words)) from self.failure

    def _look(self):
        """Fail unless the supervisor answers, and is as small as it must be."""
        assert self.house.process.poll() is None, self.house.tail()
        began = time.monotonic()
        assert self.house.status()
        assert time.monotonic() - began < ANSWER_SECONDS
        assert self.done.growth < ROOM

    def settle(self):
        """Wait until nothing is left to do anywhere."""
        self._over.set()
        for seat in self._seats:
            looks.until_over(self.house, seat.name, END_SECONDS)
            looks.until_serving(self.house, seat.name, END_SECONDS)

    def _measure(self):
        while not self._over.wait(LOOK_SECONDS):
            self.done.growth = max(self.done.growth, self._memory() - self._before)

    def _memory(self):
        return next(
            (process_table.pss(one) for one in process_table.scan() if one.pid == self._pid), 0
        )


def step(play):
    """Make a rule of hypothesis a step of the world."""

    @wraps(play)
    def played(self, **drawn):
        self.world.step(partial(play, self, **drawn), self.seat.name, play.__name__, drawn)

    return played


class Process(RuleBasedStateMachine):
    """A process that is of no use, while Port is well or ill."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.seat = world.take()
        self.stubborn = False  # about a delivery that is cancelled

    @property
    def wire(self):
        """The wire to talk by: that of the next process, which has work, once one has ended."""
        if self.seat.wire.closed:
            self._count()
            self.seat.renew()
            self._work()
        return self.seat.wire

    @initialize(greets=some.sampled_from([True, True, True, False]), stubborn=some.booleans())
    @step
    def starts(self, greets, stubborn):
        self.stubborn = stubborn
        self.seat.take()
        {True: self._work, False: lambda: None}[greets]()

    @rule()
    @step
    def greets_again(self):
        self.wire.greet()

    @rule(message=messages())
    @step
    def says(self, message):
        self.wire.say(**self._named(message))

    @rule(message=messages(), number=some.sampled_from([20, 300, 5000]))
    @step
    def repeats(self, message, number):
        self.wire.write((json.dumps(self._named(message)).encode() + b"\n") * number)

    @rule(drop=DROPS, illness=ILLNESSES)
    @step
    def floods(self, drop, illness):
        """Say what is short so often that a queue of it would show, while its lane is busy."""
        self.world.port(illness)
        self.wire.send_page(KIND, 0, [{"id": "one"}])
        type_, fields, number = drop
        head = f'{{"type":"{type_}","delivery":{json.dumps(self.wire.delivery)},'
        self.wire.write(f"{head}{fields}}}\n".encode() * number)

    @rule(line=LINES, end=some.sampled_from([b"", b"\n"]), number=some.sampled_from([1, 50, 200]))
    @step
    def writes(self, line, end, number):
        self.wire.write((line + end) * number)

    @rule(type_=HUGE, filling=FILLINGS, size=SIZES, number=some.sampled_from([1, 3]))
    @step
    def writes_long_lines(self, type_, filling, size, number):
        for _ in range(number):
            self.wire.write(long_line(type_, self.wire, filling, size))

    @rule(
        count=some.integers(1, WINDOW + 2),
        items=some.sampled_from([0, 1, 100, MAX_ITEMS, MAX_ITEMS + 1]),
        size=some.sampled_from([2, 500, 8000]),
    )
    @step
    def sends_pages(self, count, items, size):
        for _ in range(count):
            self.wire.send_page(KIND, 0, [{"id": "x" * size}] * items)

    @rule()
    @step
    def sends_what_nobody_asked_for(self):
        self.wire.say(type="kindDone", delivery=self.wire.delivery, kind="other", index=9)

    @rule()
    @step
    def does_its_work(self):
        self.wire.read_all(self.wire.delivery, self.wire.kinds)

    @rule(illness=ILLNESSES)
    @step
    def port_is(self, illness):
        self.world.port(illness)

    @rule()
    @step
    def stops_reading(self):
        self.wire.reads.clear()

    @rule()
    @step
    def hangs_up(self):
        self.wire.hang_up()

    @rule()
    @step
    def dies(self):
        self.wire.kill()

    @step
    def teardown(self):
        self._count()
        self.world.port("well")
        self.seat.leave()
        wire = self.seat.wire
        {True: wire.be_stubborn, False: wire.be_honest}[self.stubborn]()

    def _work(self):
        """Greet, and wait for something to do."""
        wire = self.seat.wire
        wire.greet()
        self.world.resync(self.seat)
        before = wire.delivery
        deadline = time.monotonic() + WORK_SECONDS
        while wire.delivery == before and not wire.closed and time.monotonic() < deadline:
            time.sleep(0.01)

    def _count(self):
        self.world.done.bytes += self.seat.wire.sent

    def _named(self, message):
        names = {CURRENT: self.wire.delivery}
        named = str(message.get("delivery"))
        found = {"delivery": names[named]} if named in names else {}
        return message | found


@pytest.mark.timeout(300 + 10 * EXAMPLES)
def test_whatever_a_process_sends_the_supervisor_stays_and_every_delivery_ends(world, capsys):
    run_state_machine_as_test(partial(Process, world), settings=PLAYED)
    world.step(world.settle, "all deliveries end")
    world.check()

    assert "Traceback" not in world.house.log.read_text()
    done = world.done
    with capsys.disabled():
        print(  # noqa: T201 - how much was done says what a pass is worth
            f"\n{done.examples} processes, {done.steps} steps, {done.bytes >> 20} MiB sent,"
            f" {done.deliveries} deliveries; the supervisor grew by {done.growth >> 20} MiB"
        )
    assert world.house.stop() == 0
