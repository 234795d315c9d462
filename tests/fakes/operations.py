"""A supervisor's operations without a supervisor: rows that change as a test says."""

from framework.errors import ConfigError

STATUS = {
    "type": "simple",
    "state": "READY",
    "reason": None,
    "pid": 77,
    "restarts": 0,
    "environment": "3f2a",
    "desired": "run",
    "since": "2026-01-31T12:00:00.000Z",
    "retryAt": None,
    "lastResync": None,
}
DESCRIPTION = {
    "transitions": [],
    "environment": None,
    "processes": [],
    "limits": {"memory": 512 * 1024**2, "memorySoft": 410 * 1024**2, "openFiles": 1024},
    "deliveries": [],
    "log": "/state/logs/kafka.log",
}


def row(identifier, **changes):
    """Return an integration's status."""
    return {"identifier": identifier, **STATUS, **changes}


class FakeOperations:
    """Knows these integrations; keeps what it is asked for in `asked`, as (verb, identifier)."""

    def __init__(self, *rows):
        self.rows = {one["identifier"]: one for one in rows}
        self.asked = []
        self.difference = {"integrations": [], "restart": []}
        self.trouble = None  # raised by what changes something
        self._later = {}
        self._steps = {}

    def afterwards(self, identifier, *steps):
        """Have these changes come once it is asked for something, one with each status."""
        self._later[identifier] = list(steps)

    def status(self):
        for identifier, steps in self._steps.items():
            if steps and identifier in self.rows:
                self.rows[identifier] = {**self.rows[identifier], **steps.pop(0)}
        return {"state": "READY", "triggers": [], "integrations": list(self.rows.values())}

    def resync(self, identifier):
        self._ask("resync", identifier)
        return "console:1"

    def desire(self, identifier, desired):
        self._ask(desired, identifier)
        self.rows[identifier] = {**self.rows[identifier], "desired": desired}

    def restart(self, identifier):
        self._ask("restart", identifier)

    def describe(self, identifier):
        return {"integration": self._known(identifier), **DESCRIPTION}

    def stacks(self, identifier):
        self._ask("stacks", identifier)
        return "MainThread\n  main.py:1 serve\n"

    def reload(self):
        self._raise()
        return {"applied": True, **self.difference}

    def preview(self):
        self._raise()
        return {"applied": False, **self.difference}

    def _ask(self, verb, identifier):
        self._raise()
        self._known(identifier)
        self.asked.append((verb, identifier))
        self._steps[identifier] = self._later.pop(identifier, [])

    def _known(self, identifier):
        if identifier not in self.rows:
            raise ConfigError(f"no integration {identifier!r}; there are: {', '.join(self.rows)}")
        return self.rows[identifier]

    def _raise(self):
        if self.trouble:
            raise self.trouble
