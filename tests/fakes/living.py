"""A life without an owner: its loop, its environments, and processes that a test acts for."""

import logging
import threading
from collections.abc import Callable
from types import SimpleNamespace

from msgspec import Raw

from framework.environments import Environment
from framework.environments.installed import receipt
from framework.environments.installed.current import Current
from framework.process import Child
from framework.protocol.messages import IntegrationHello, Ready
from framework.workers.environment.in_use import EnvironmentInUse
from framework.workers.life import Life
from framework.workers.loop import Loop, Shared, Timers
from framework.workers.notes import Built, Granted
from framework.workers.session.launch import Launch
from framework.workers.session.slot import ProcessSlot
from tests.fakes.child import FakeChild
from tests.fakes.shared import Notes


class Acted(Launch, frozen=True, kw_only=True):
    """A launch whose processes are what `begin` returns."""

    begin: Callable[[Environment], Child]

    def start(self, environment: Environment) -> Child:
        return self.begin(environment)


class Turns:
    """It is always one's turn; who has one is `starting`."""

    def __init__(self):
        self.starting = set()

    def ask(self, identifier, granted):
        self.starting.add(identifier)
        granted()

    def leave(self, identifier):
        self.starting.discard(identifier)


class Builds:
    """Builds that are asked for, and nothing more; `asked` are the times."""

    def __init__(self, clock):
        self._clock = clock
        self.asked, self.looks, self.held = [], 0, False

    def ask(self):
        self.asked.append(self._clock())

    def look(self):
        self.looks += 1

    def hold(self):
        self.held = True

    def release(self):
        self.held = False


class Shelf:
    """Environments that look whole."""

    def __init__(self, folder):
        self.folder = folder

    def environment(self, key):
        path, sdk = self.folder / key, self.folder / "sdk"
        (path / "bin").mkdir(parents=True, exist_ok=True)
        (path / "bin" / "python").touch()
        (path / receipt.NAME).touch()
        sdk.mkdir(exist_ok=True)
        return Environment(key, path, sdk)

    def lose(self, key):
        (self.folder / key / receipt.NAME).unlink()


class Living:
    """`life` with all that it works with; `children` were started in the environments `keys`."""

    def __init__(self, folder):
        self.now = 1000.0
        self.shelf, self.turns, self.ledger = Shelf(folder), Turns(), Notes()
        self.children, self.keys = [], []
        self.refusal = None  # why a process cannot be started
        self.began = lambda: None  # called as soon as there is one
        self.reports = 0
        self.loop = Loop("jira", threading.Event(), Shared(self.ledger, self.turns))
        self.loop.timers = self.timers = Timers(lambda: self.now)
        clock = self.timers.clock
        log = logging.getLogger("integration.jira")
        self.in_use = EnvironmentInUse(Current(), lambda _: None, log, clock, clock)
        launch = Acted("jira", "jira", folder, Raw(b"{}"), {}, "test", "1", begin=self._begin)
        self.tended = Builds(clock)
        self.asked = self.tended.asked
        self.slot = ProcessSlot(launch, self.loop)
        self.life = Life(self.loop, self.slot, self.in_use, self.tended, self._publish)

    def builds(self, key):
        """Have an environment built, which the next process is started in."""
        self.in_use.built(Built(self.shelf.environment(key), f"inputs of {key}"))

    # --- a process

    def starts(self, key="old"):
        """Build and start; return the child."""
        self.builds(key)
        self.life.proceed()
        self.goes_on()
        return self.children[-1]

    def serves(self, key="old"):
        """Build, start and get ready; return the child."""
        child = self.starts(key)
        self.greets()
        return child

    def greets(self):
        self.slot.hear(self.slot.starts, IntegrationHello(1))
        assert self.slot.hear(self.slot.starts, Ready())
        self.life.ready()

    def works(self):
        """Have the process work on a delivery; return what its attempt was ended with."""
        errors = []
        self.slot.session.attempts["e1/jira"] = SimpleNamespace(end=errors.append)
        return errors

    def dies(self, status=-9):
        """Let the process end, and what follows happen."""
        self.children[-1].dies(status)
        for key, _ in self.loop.selector.select(0):
            key.data()
        self.goes_on()

    # --- the owner's loop

    def goes_on(self):
        """Do what lies in the inbox."""
        for note in self.loop.inbox.drain():
            assert isinstance(note, Granted), note
            self.life.granted()

    def passes(self, seconds):
        """Let time pass, and what is due happen."""
        self.now += seconds
        self.timers.run_due()
        self.goes_on()

    @property
    def state(self):
        return self.life.situation.state

    @property
    def reason(self):
        return self.life.situation.reason

    @property
    def delay(self):
        retry_at = self.life.situation.retry_at
        return None if retry_at is None else retry_at - self.now

    @property
    def story(self):
        return [one.after for one in self.ledger.transitions]

    def _begin(self, environment):
        if self.refusal:
            raise self.refusal
        self.keys.append(environment.key)
        self.children.append(FakeChild(4000 + len(self.children)))
        self.began()
        return self.children[-1]

    def _publish(self):
        self.reports += 1

    def end(self):
        if self.slot.session:
            self.slot.bury()
        for child in self.children:
            child.hang_up()
            child.close()
        self.loop.selector.close()
