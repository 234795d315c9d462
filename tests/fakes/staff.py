"""Workers without a thread: what they were asked for is kept, and a test says how they are."""

from msgspec import structs

from framework.workers.status import WorkerStatus


class Hand:
    """One worker; `stubborn` does not end when it is told to."""

    def __init__(self, settings, staff):
        self.settings, self.staff = settings, staff
        self.name = f"owner/{settings.identifier}"
        self.status = WorkerStatus(settings.identifier, settings.type)
        self.supply = self
        self.ident = None
        self.stubborn = self.working = self.told = False
        self.given, self.begun, self.asked = [], [], []

    # --- as a thread

    def start(self):
        if self.staff.full:
            raise RuntimeError("can't start new thread")
        self.ident = 1
        self.working = True
        self.begun = [*self.given]

    def is_alive(self):
        return self.working

    def join(self, seconds):
        assert self.ident, "it was never started"
        self.asked.append("join")

    def stop(self):
        self.told = True
        self.working = self.working and self.stubborn

    # --- as a worker

    def deliver(self, delivery):
        self.given.append(delivery.id)

    def desire(self, desired):
        self.asked.append(desired)
        self.enters(desired=desired)

    def restart(self):
        self.asked.append("restart")

    def look(self):
        self.asked.append("look")

    def relieve(self, pid, reason):
        self.asked.append(("relieve", pid, reason))

    def replace(self, pid, reason):
        self.asked.append(("replace", pid, reason))

    def explain(self):
        return self.answer

    inputs = ""

    def fingerprint(self):
        return f"inputs of {self.settings.identifier}"

    # --- as a test has it

    def enters(self, **changes):
        self.status = structs.replace(self.status, **changes)


class Staff:
    """`hire` makes workers; `hands` are those that were made last, by identifier.

    `failures` says whose worker cannot be made, and why; `full` that no thread can be started.
    """

    def __init__(self):
        self.hands = {}
        self.hired = []
        self.meanwhile = lambda: None  # called as one is made
        self.failures, self.full = {}, False

    def hire(self, settings, means=None):
        if failure := self.failures.get(settings.identifier):
            raise failure
        hand = self.hands[settings.identifier] = Hand(settings, self)
        self.hired.append(settings.identifier)
        self.meanwhile()
        return hand

    def __getitem__(self, identifier):
        return self.hands[identifier]
