"""Who there is, with a journal and with workers that a test acts for."""

import threading

import pytest

from framework.errors import ConfigError, FrameworkError, JournalError
from framework.events import Resync
from framework.journal import Desired, Journal
from framework.supervisor.workforce import Workforce
from framework.workers.states import State
from tests.fakes.children import until
from tests.fakes.tended import Tended


@pytest.fixture
def force(staff, journal):
    return Workforce(staff.hire, journal)


def never():
    return False


def record(journal, name, *identifiers):
    return journal.record(Resync(name, None, "test"), identifiers)


# --- who there is


def test_who_is_employed_is_known_in_the_order_of_the_configuration(force, one, staff):
    force.employ([one("jira"), one("kafka", enabled=False), one("github")], {})

    assert force.identifiers == ["jira", "github"]
    assert [status.identifier for status in force.statuses] == ["jira", "kafka", "github"]
    assert [status.state for status in force.statuses][1] is State.DISABLED
    assert [settings.identifier for settings in force.all_settings] == ["jira", "kafka", "github"]
    assert staff["jira"].ident
    assert staff["github"].ident


def test_the_status_of_one_is_its_worker_s_or_that_it_is_disabled(force, one, staff):
    force.employ([one("jira"), one("kafka", enabled=False)], {})
    staff["jira"].enters(state=State.READY, pid=7)

    jira, kafka = (force.status(force.settings(name)) for name in ("jira", "kafka"))
    assert (jira.state, jira.pid) == (State.READY, 7)
    assert (kafka.state, kafka.type) == (State.DISABLED, "type")


@pytest.mark.parametrize(("names", "known"), [(("jira", "kafka"), "jira, kafka"), ((), "none")])
def test_an_unknown_one_is_refused_with_the_known_ones(force, one, names, known):
    force.employ(map(one, names), {})

    for ask in (force.find, force.settings):
        with pytest.raises(ConfigError, match=f"no integration 'nope'; there are: {known}"):
            ask("nope")


def test_one_that_is_disabled_has_no_worker_and_says_what_to_do(force, one):
    force.employ([one("jira", enabled=False)], {})

    assert force.settings("jira").enabled is False
    with pytest.raises(ConfigError, match=r"jira is disabled in config\.yaml: set `enabled: true`"):
        force.find("jira")


def test_integrations_are_shown_as_arranged_and_the_others_behind(force, one):
    force.employ(map(one, "abc"), {})
    force.arrange(["c", "x", "a"])

    assert [status.identifier for status in force.statuses] == ["c", "a", "b"]


# --- what others look at


def test_every_process_is_watched_with_its_limits_and_by_its_pid(force, one, staff):
    force.employ([one("jira"), one("kafka")], {})
    staff["jira"].enters(pid=7)
    [watched] = force.watched()
    staff["jira"].enters(pid=8)  # it was replaced since
    watched.soft("its memory")
    watched.hard("too much memory")

    assert (watched.pid, watched.limits) == (7, one("jira").limits)
    assert staff["jira"].asked == [("relieve", 7, "its memory"), ("replace", 7, "too much memory")]


def test_one_that_was_dismissed_while_others_look_is_not_watched(force, one, staff):
    force.employ([one("jira")], {})
    staff["jira"].enters(pid=7)
    force._settings = {}

    assert list(force.watched()) == []


def test_everyone_s_inputs_are_looked_at(force, one, staff):
    force.employ([one("jira"), one("kafka", enabled=False)], {})
    [looked] = force.looked()
    looked.changed()

    assert (looked.identifier, looked.fingerprint()) == ("jira", "inputs of jira")
    assert staff["jira"].asked == ["look"]


# --- deliveries


def test_deliveries_are_handed_to_their_workers_and_others_wait(force, one, staff, journal, caplog):
    force.employ([one("jira")], {})
    force.hand_over(record(journal, "e1", "gone", "jira"))

    assert staff["jira"].given == ["e1/jira"]
    assert "e1/gone waits: the integration is not configured" in caplog.text


def test_one_begins_with_what_the_journal_holds_for_it(force, one, staff, journal):
    record(journal, "e1", "jira", "kafka")
    journal.done(record(journal, "e2", "jira"))
    record(journal, "e3", "jira")
    force.employ([one("jira"), one("kafka")], {})

    assert staff["jira"].begun == ["e1/jira", "e3/jira"]
    assert staff["kafka"].begun == ["e1/kafka"]


def test_who_is_there_already_is_not_given_the_same_again(force, one, staff, journal):
    force.employ([one("jira")], {})
    force.hand_over(record(journal, "e1", "jira", "kafka"))
    force.employ([one("kafka")], {})

    assert staff["jira"].given == ["e1/jira"]
    assert staff["kafka"].given == ["e1/kafka"]


def test_what_no_worker_is_there_for_is_told_when_somebody_begins(force, one, journal, caplog):
    record(journal, "e1", "gone")
    force.employ([one("jira")], {})

    assert "e1/gone waits" in caplog.text


def test_one_begins_as_operators_wanted_last(force, one, staff, journal):
    for name, wish in (("a", Desired.STOP), ("b", Desired.PAUSE), ("c", Desired.RUN)):
        journal.desire(name, wish)
    force.employ(map(one, "abcd"), journal.desired())

    assert [staff[name].asked for name in "abcd"] == [[Desired.STOP], [Desired.PAUSE], [], []]


def test_deliveries_that_cannot_be_read_are_handed_over_once_they_can(
    force, one, staff, journal, tmp_path, caplog
):
    record(journal, "e1", "jira")
    journal.close()
    force.employ([one("jira")], {})
    assert (staff["jira"].ident, staff["jira"].given) == (1, [])
    assert "pending deliveries wait (jira): " in caplog.text
    with pytest.raises(JournalError):
        force.try_again()

    force._journal = Journal(tmp_path / "journal.sqlite")
    force._journal.open()
    force.try_again()
    force.try_again()
    force._journal.close()
    assert staff["jira"].given == ["e1/jira"]


def test_who_cannot_be_started_is_shown_with_the_reason_and_tried_again(
    force, one, staff, journal, caplog
):
    staff.failures = {"jira": OSError(24, "Too many open files")}
    force.employ([one("jira"), one("kafka")], {})
    jira = force.status(force.settings("jira"))
    assert jira.state is State.BACKOFF
    assert jira.reason.startswith("its worker could not be started, and is tried again: OSError(24")
    assert staff["kafka"].ident
    assert sorted(force.identifiers) == ["jira", "kafka"]  # what comes for it is recorded
    record(journal, "e1", "jira")
    with pytest.raises(FrameworkError, match="jira: its worker could not be started"):
        force.find("jira")
    force.try_again()
    assert caplog.text.count("jira has no worker; it is tried again") == 2

    staff.failures = {}
    journal.desire("jira", Desired.PAUSE)
    force.try_again()
    assert (staff["jira"].given, staff["jira"].asked) == (["e1/jira"], [Desired.PAUSE])
    assert force.status(force.settings("jira")).reason is None


def test_a_thread_for_which_there_is_no_room_is_started_later(force, one, staff):
    staff.full = True
    force.employ([one("jira"), one("kafka")], {})
    assert [status.state for status in force.statuses] == [State.BACKOFF, State.BACKOFF]

    staff.full = False
    force.try_again()
    assert (staff["jira"].ident, staff["kafka"].ident) == (1, 1)


def test_one_that_could_not_be_started_can_be_forgotten(force, one, staff):
    staff.failures = {"jira": ValueError("a bug")}
    force.employ([one("jira")], {})
    force.forget(["jira"])

    assert (force.identifiers, force.statuses) == ([], [])


# --- one takes another's place


def test_who_is_dismissed_is_ended_and_known_until_forgotten(force, one, staff):
    force.employ([one("jira"), one("kafka", enabled=False), one("github")], {})
    assert force.dismiss(["jira", "kafka", "stranger"], never) == []

    assert (staff["jira"].told, staff["github"].told) == (True, False)
    assert force.identifiers == ["jira", "github"]  # what comes for it now is recorded
    force.forget(["jira", "kafka"])
    assert force.identifiers == ["github"]
    assert [status.identifier for status in force.statuses] == ["github"]


def test_one_that_ends_between_two_looks_ends_the_wait(force, one, staff):
    """It is looked at once a round: two looks may see two different things."""
    force.employ([one("jira")], {})
    looks = iter([True, False, False])
    staff["jira"].is_alive = lambda: next(looks)

    assert force.dismiss(["jira"], never) == []


def test_who_does_not_end_in_time_is_told_and_kept(force, one, staff, monkeypatch):
    monkeypatch.setattr("framework.supervisor.workforce.STOP_SECONDS", 0.0)
    force.employ([one("jira"), one("kafka")], {})
    staff["jira"].stubborn = True

    assert force.dismiss(["jira", "kafka"], never) == ["jira"]
    staff["jira"].working = False
    assert force.dismiss(["jira"], never) == []


def test_all_of_them_end_at_the_same_time_and_are_waited_for(force, one, staff):
    force.employ([one("jira"), one("kafka")], {})
    jira, kafka = staff["jira"], staff["kafka"]
    jira.stubborn = True

    def join(seconds):
        assert kafka.told
        jira.working = False

    jira.join = join
    assert force.dismiss(["jira", "kafka"], never) == []


def test_a_stop_of_the_supervisor_cuts_the_wait_short(force, one, staff):
    force.employ([one("jira")], {})
    staff["jira"].stubborn = True

    assert force.dismiss(["jira"], lambda: True) == ["jira"]


def test_in_the_end_everyone_is_ended_and_who_stays_is_named(force, one, staff):
    force.employ([one("jira"), one("kafka")], {})
    staff["kafka"].stubborn = True

    assert force.stop(0.0) == [staff["kafka"]]
    assert staff["jira"].asked == ["join"]


def test_one_that_never_began_is_not_waited_for(force, one, staff):
    force._workers = {"jira": staff.hire(one("jira"))}

    assert force.stop(1.0) == []


# --- whatever comes while one takes another's place


class Interrupted(Journal):
    """A journal in which events are recorded while a worker is being employed."""

    def __init__(self, path):
        super().__init__(path)
        self.before, self.after = lambda: None, lambda: None

    def pending(self):
        self.before()
        found = super().pending()
        self.after()
        return found


class Replaced:
    """A workforce of one, whose worker is real, and events that are accepted as they are always."""

    def __init__(self, folder):
        self.journal = Interrupted(folder / "journal.sqlite")
        self.journal.open()
        self.tended = Tended(folder, ledger=self.journal)
        self.force = Workforce(lambda _: self.tended.worker, self.journal)

    def accept(self, name):
        self.force.hand_over(record(self.journal, name, *self.force.identifiers))

    def serves(self):
        """Have the process get ready, and all that waits for it done at its first attempt."""
        self.tended.greets()
        self.tended.heard.put("done")
        until(lambda: not self.journal.pending())

    def end(self):
        self.tended.end()
        self.journal.close()


@pytest.fixture
def replaced(tmp_path):
    replaced = Replaced(tmp_path)
    yield replaced
    replaced.end()


def test_events_recorded_while_one_is_employed_are_neither_lost_nor_given_twice(replaced, one):
    record(replaced.journal, "before", "jira")
    replaced.journal.before = lambda: replaced.accept("meanwhile")
    replaced.journal.after = lambda: replaced.accept("late")
    replaced.force.employ([one("jira")], {})
    replaced.journal.before = replaced.journal.after = lambda: None
    replaced.accept("after")
    replaced.serves()

    done = replaced.journal.last_deliveries("jira")
    assert [each.event for each in done] == ["after", "late", "meanwhile", "before"]
    assert [each.state for each in done] == ["done"] * 4
    assert sum(each.attempt for each in done) == 1  # the others were done with it


def test_however_often_one_is_replaced_the_last_one_has_every_event(force, one, staff, journal):
    force.employ([one("jira")], {})
    recorded = []

    def accept():
        for number in range(100):
            deliveries = record(journal, f"e{number}", *force.identifiers)
            recorded.extend(delivery.id for delivery in deliveries)
            force.hand_over(deliveries)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    while accepting.is_alive():
        force.dismiss(["jira"], never)
        force.employ([one("jira")], {})
    accepting.join(10)

    assert len(staff.hired) > 1
    assert len(recorded) == 100
    assert {*staff["jira"].given} == {*recorded}
