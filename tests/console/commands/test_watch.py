import io
import threading

from rich.console import Console as Terminal

from framework.console.commands import watch
from framework.state import NOBODY, NotRunningError
from tests.fakes.operations import row


class Looks:
    """A status that is another with each look; at its end somebody stops the watching."""

    def __init__(self, *answers):
        self.stop = threading.Event()
        self._answers = list(answers)

    def __call__(self):
        answer = self._answers.pop(0)
        if not self._answers:
            self.stop.set()
        if isinstance(answer, BaseException):
            raise answer
        return {"state": "READY", "triggers": [], "integrations": [answer]}


def watched(looks):
    file = io.StringIO()
    watch.watch(looks, Terminal(file=file, force_terminal=True, width=200), looks.stop)
    return file.getvalue()


def test_the_status_is_shown_anew_until_it_is_stopped():
    text = watched(Looks(row("first"), row("second")))

    assert "first" in text
    assert "second" in text


def test_it_is_watched_while_no_supervisor_runs_too(tmp_path):
    assert "no supervisor runs" in watched(Looks(NotRunningError(NOBODY.format(folder=tmp_path))))


def test_an_interrupt_ends_it():
    looks = Looks(row("first"), KeyboardInterrupt(), row("never"))

    assert "never" not in watched(looks)
    assert not looks.stop.is_set()
