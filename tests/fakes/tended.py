"""A worker in its thread, with processes that a test acts for, and a lane that waits for it."""

import queue
import threading

from msgspec import Raw

from framework.events import Delivery, Resync
from framework.protocol.messages import IntegrationHello, Ready
from framework.workers.environment.builder import Supply
from framework.workers.states import State
from framework.workers.worker import Worker
from tests.fakes.child import FakeChild
from tests.fakes.children import until
from tests.fakes.living import Acted, Shelf
from tests.fakes.shared import Notes, shared

SECONDS = 10.0
HELLO = IntegrationHello(1, capabilities=["stacks"])


class Tended:
    """A worker; its processes end when they are told to, and its lane does what it `hears`."""

    def __init__(self, folder, build=None, begin=None, ledger=None):
        self.shelf = Shelf(folder)
        self.children, self.works = queue.SimpleQueue(), queue.SimpleQueue()
        self.heard = queue.SimpleQueue()
        self.ledger = ledger or Notes()
        self.fingerprint = "inputs"
        self.trouble = None
        launch = Acted(
            "jira", "jira", folder, Raw(b"{}"), {}, "i", "1.0", begin=begin or self._begin
        )
        supply = Supply(build or self._build, lambda: self.fingerprint, folder / "current.json")
        stopping = threading.Event()
        self.worker = Worker(launch, supply, self._work, shared(self.ledger), stopping)
        self._started = []

    @property
    def status(self):
        return self.worker.status

    def until(self, state):
        until(lambda: self.status.state is state)

    def serves(self):
        """Start; return the child once it is ready."""
        self.worker.start()
        return self.greets()

    def greets(self):
        child = self.children.get(timeout=SECONDS)
        child.says(HELLO, Ready())
        until(lambda: self.status.state in {State.READY, State.DEGRADED})
        return child

    def deliver(self, name):
        self.worker.deliver(Delivery(Resync(name, "jira", "test"), "jira"))

    def works_on(self):
        """Return the attempt that its lane has begun with."""
        return self.works.get(timeout=SECONDS)

    def end(self):
        self.worker.stop()
        self.heard.put("the end")
        until(self._ended)
        for child in self._started:
            child.hang_up()
            child.close()

    def _ended(self):
        for child in self._started:
            child.dies(0)
        return not self.worker.is_alive()

    def _build(self, stop, say):
        return self.shelf.environment("key")

    def _begin(self, environment):
        child = FakeChild(4000 + len(self._started))
        self._started.append(child)
        self.children.put(child)
        return child

    def _work(self, attempt):
        self.works.put(attempt)
        outcome = self.heard.get(timeout=SECONDS)
        if isinstance(outcome, Exception):
            raise outcome
        return self.trouble
