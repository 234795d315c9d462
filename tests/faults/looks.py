"""What an operator, and the kernel, say about one integration of a house."""

import psutil

from framework import state
from framework.process import MARKER
from tests.conftest import alive


def fell(house, identifier, state):
    """Return the newest transition into a state, {} if there is none."""
    found = house.transitions(identifier)
    return next((one for one in found if one["to"] == state), {})


def until_fallen(house, identifier, state, seconds=60):
    """Wait for a transition into a state; return it."""
    return house.eventually(
        lambda: fell(house, identifier, state), seconds, f"{identifier} in {state}"
    )


def until_ready(house, identifier, seconds=60):
    """Wait until an integration serves; return its status."""

    def ready():
        one = house.one(identifier)
        return one.get("state") == "READY" and one

    return house.eventually(ready, seconds, f"{identifier} READY")


def until_serving(house, identifier, seconds=60):
    """Wait until an integration has a process that serves, whatever it thinks of its source."""

    def serving():
        one = house.one(identifier)
        return one.get("state") in {"READY", "DEGRADED"} and one

    return house.eventually(serving, seconds, f"{identifier} READY or DEGRADED")


def until_over(house, identifier, seconds=60):
    """Wait until the journal has no delivery left to do; return (attempt, state) of each."""

    def over():
        found = house.deliveries(identifier) if house.status() else []
        over = found and all(one["state"] == "done" for one in found)
        return over and [(one["attempt"], one["state"]) for one in found]

    return house.eventually(over, seconds, f"{identifier}'s deliveries")


def processes(house, identifier):
    """Return the pids of every living process on this machine that names an integration."""
    name = f"{state.instance(house.state)}/{identifier}"
    return [one.pid for one in alive(psutil.process_iter()) if _marker(one) == name]


def log(house, identifier):
    """Return the text of an integration's own log, with what was rotated away."""
    found = sorted((house.state / "logs").glob(f"{identifier}.log*"), reverse=True)
    return "".join(path.read_text(errors="replace") for path in found)


def own_words(house):
    """Return what the supervisor says about itself."""
    return log(house, "supervisor")


def _marker(process):
    try:
        return process.environ().get(MARKER, "")
    except psutil.Error:
        return ""
