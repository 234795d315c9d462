import queue
import threading
from functools import partial

import pytest

from framework.environments.inputs.input_watch import Looked, Lookout

SECONDS = 10.0


class Watch:
    """Integrations by what their inputs give, and those that were said to have changed."""

    def __init__(self):
        self.inputs, self.changed, self.reads = {}, [], []
        self.alike = {}
        self.stop = threading.Event()
        self.lookout = Lookout(self.looked, self.stop)

    def looked(self):
        for name in self.inputs:
            read, tell = partial(self.read, name), partial(self.tell, name)
            yield Looked(name, self.alike.get(name, name), read, tell)

    def read(self, name):
        self.reads.append(name)
        found = self.inputs[name]
        if isinstance(found, Exception):
            raise found
        return found

    def tell(self, name):
        self.changed.append(name)

    def look(self):
        """Return who was said to have changed."""
        self.changed = []
        self.lookout.look()
        return self.changed


@pytest.fixture
def watch():
    return Watch()


def test_who_is_new_is_compared_and_then_only_who_changes(watch):
    watch.inputs = {"jira": "a", "kafka": "a"}
    assert watch.look() == ["jira", "kafka"]
    assert watch.look() == []

    watch.inputs["kafka"] = "b"
    assert watch.look() == ["kafka"]
    assert watch.look() == []


def test_inputs_that_cannot_be_read_are_a_change_and_hide_no_other(watch):
    watch.inputs = {"jira": "a", "kafka": "a"}
    watch.look()
    watch.inputs = {"jira": PermissionError("requirements.txt"), "kafka": "b"}

    assert watch.look() == ["jira", "kafka"]
    assert watch.look() == []
    watch.inputs["jira"] = "a"
    assert watch.look() == ["jira"]


def test_those_of_one_type_are_read_once(watch):
    watch.inputs = {"jira-1": "a", "jira-2": "a", "kafka": "a"}
    watch.alike = {"jira-1": "jira", "jira-2": "jira"}

    assert watch.look() == ["jira-1", "jira-2", "kafka"]
    assert watch.reads == ["jira-1", "kafka"]
    watch.inputs["jira-1"] = "b"
    assert watch.look() == ["jira-1", "jira-2"]


def test_who_is_no_more_is_forgotten(watch):
    watch.inputs = {"jira": "a"}
    watch.look()
    watch.inputs = {}
    watch.look()
    watch.inputs = {"jira": "a"}

    assert watch.look() == ["jira"]


def test_a_stop_ends_the_look_at_everyone(watch):
    watch.inputs = {"jira": "a"}
    watch.stop.set()

    assert watch.look() == []


def test_it_looks_again_and_again_until_it_is_stopped():
    seen, stop = queue.SimpleQueue(), threading.Event()

    def looked():
        seen.put("a look")
        return ()

    lookout = Lookout(looked, stop, every=0.01)
    lookout.start()
    for _ in range(2):
        seen.get(timeout=SECONDS)
    stop.set()
    lookout.join(SECONDS)

    assert not lookout.is_alive()
