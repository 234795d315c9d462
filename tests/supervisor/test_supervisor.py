"""The supervisor's decisions, with a journal but without threads and processes of its workers."""

import os
import signal
import subprocess
from concurrent.futures import Future

import pytest

from framework import kernel, orphans
from framework.environments import Environment
from framework.environments.installed import current
from framework.environments.installed.current import Current
from framework.errors import ConfigError, FrameworkError, JournalError
from framework.events import Resync, TriggerStatus
from framework.journal import Desired, ResyncReport, Transition
from framework.machine.limits import Limits
from framework.port.settings import Port
from framework.supervisor import supervisor as module
from framework.workers.states import State
from tests.fakes.children import until


def pending(supervisor):
    return [(one.event.reason, one.identifier) for one in supervisor._journal.pending()]


def changes(found):
    return {one.identifier: (str(one.change), one.what) for one in found.integrations}


def never():
    return False


# --- from the start to the end


@pytest.fixture
def kept():
    """Let this process be as it was before: a supervisor adopts orphans."""
    yield
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 0)


def test_it_starts_with_what_the_journal_holds_and_the_trigger_comes_last(house, staff, kept):
    earlier = house.running("jira")
    earlier.accept(Resync("e1", "jira", "requested"))
    earlier.stop()

    seen = []
    house.channel.when_it_starts = lambda: seen.append(staff["jira"].begun)
    supervisor = house.supervisor("jira")
    supervisor.start()
    assert (seen, house.channel.started) == ([["e1/jira"]], 1)
    threads = (supervisor._starts, supervisor._gauge, supervisor._lookout)
    assert all(thread.is_alive() for thread in threads)
    supervisor.stop()

    assert supervisor.state == "STOPPING"
    assert staff["jira"].told
    assert not any(thread.is_alive() for thread in (*threads, supervisor._journal))


def test_what_has_not_begun_can_be_stopped(house):
    supervisor = house.supervisor("jira")
    supervisor.stop()

    assert supervisor.state == "STOPPING"


def test_a_journal_that_cannot_be_used_starts_no_worker_and_no_trigger(house, staff, kept):
    supervisor = house.supervisor("jira")
    (house.folder.path / "journal.sqlite").write_text("this is no journal")
    with pytest.raises(ConfigError, match=r"journal\.sqlite"):
        supervisor.start()

    assert (staff.hired, house.channel.started) == ([], 0)


class Sluggish:
    """A trigger that does not stop in time."""

    name = "trigger-sluggish"
    status = TriggerStatus("KAFKA", "listening")

    def is_alive(self):
        return True

    def join(self, seconds):
        self.seconds = seconds


def test_a_trigger_that_does_not_stop_in_time_is_named_and_left(house, caplog):
    house.channel.trigger = Sluggish()
    supervisor = house.running("jira")
    supervisor.stop()

    assert house.channel.trigger.seconds > 0
    assert "trigger-sluggish did not stop in time" in caplog.text
    assert not supervisor._journal.is_alive()


def test_a_worker_that_does_not_stop_in_time_is_named_and_left(house, staff, caplog):
    supervisor = house.running("jira", "kafka")
    staff["jira"].stubborn = True
    supervisor.stop()
    staff["jira"].stubborn = False

    assert caplog.messages == ["owner/jira did not stop in time; what it was doing stays pending"]


# --- events


def test_an_event_is_recorded_and_handed_to_the_integrations_it_concerns(house, staff):
    supervisor = house.running("jira", "kafka")

    assert supervisor.accept(Resync("e1", "jira", "requested")) == 1
    assert pending(supervisor) == [("requested", "jira")]
    assert (staff["jira"].given, staff["kafka"].given) == (["e1/jira"], [])


def test_an_event_that_comes_twice_is_handed_over_once(house, staff):
    supervisor = house.running("jira")
    for _ in range(2):
        assert supervisor.accept(Resync("e1", "jira", "requested")) == 1

    assert staff["jira"].given == ["e1/jira"]


def test_an_event_for_somebody_else_is_not_recorded(house):
    supervisor = house.running("jira")

    assert supervisor.accept(Resync("e1", "stranger", "requested")) == 0
    assert pending(supervisor) == []


def test_one_that_is_disabled_is_concerned_by_no_event(house):
    supervisor = house.running("jira", house.one("kafka", enabled=False))
    supervisor.resync_all("start")

    assert pending(supervisor) == [("start", "jira")]


def test_an_event_that_cannot_be_recorded_is_not_accepted(house, staff):
    supervisor = house.running("jira")
    supervisor._journal.close()

    with pytest.raises(JournalError):
        supervisor.accept(Resync("e1", "jira", "requested"))
    assert staff["jira"].given == []


def test_a_resync_of_all_concerns_every_integration(house):
    supervisor = house.running("jira", "kafka")
    supervisor.resync_all("start")

    assert pending(supervisor) == [("start", "jira"), ("start", "kafka")]


def test_without_integrations_there_is_nothing_to_resync(house):
    supervisor = house.running()
    supervisor.resync_all("start")

    assert pending(supervisor) == []
    assert supervisor.state == "READY"


# --- by the clock


def test_a_trigger_that_finds_no_positions_holds_the_first_resync_back_for_15_seconds(house):
    supervisor = house.running("jira")
    supervisor.look_after()
    assert pending(supervisor) == []

    supervisor._due -= 15.1
    for _ in range(2):
        supervisor.look_after()
    assert pending(supervisor) == [("start, without the trigger", "jira")]


def test_a_journal_that_refuses_the_first_resync_is_asked_again_later(house, caplog):
    supervisor = house.running("jira")
    supervisor._journal.close()
    supervisor._due -= 15.1
    for _ in range(2):
        supervisor.look_after()

    assert len(caplog.messages) == 1
    assert "the first resync waits: the journal" in caplog.text
    assert not supervisor._resynced.is_set()


def test_a_trigger_that_found_its_positions_is_not_second_guessed(house):
    supervisor = house.running("jira")
    house.channel.hub.resync_all("start")
    supervisor._due -= 15.1
    supervisor.look_after()

    assert pending(supervisor) == [("start", "jira")]


def test_adopted_processes_that_ended_are_buried_once_a_minute(house, kept):
    supervisor = house.running()
    kernel.adopt_orphans()
    left = subprocess.run(
        ["sh", "-c", "setsid sleep 60 > /dev/null 2>&1 & echo $!"], capture_output=True, check=True
    )
    pid = int(left.stdout)
    until(lambda: pid in {one.pid for one in orphans._adopted()})
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it is dead, and not buried
    supervisor.look_after()
    os.kill(pid, 0)

    supervisor._burial -= 60.1
    supervisor.look_after()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# --- what operators ask for


def test_an_operator_s_resync_answers_with_the_event_that_was_recorded(house, staff):
    supervisor = house.running("jira", "kafka")
    event = supervisor.resync("kafka")

    assert staff["kafka"].given == [f"{event}/kafka"]
    assert pending(supervisor) == [("asked for by an operator", "kafka")]


@pytest.mark.parametrize("ask", ["resync", "restart", "stacks", "describe", "employ_again"])
def test_an_unknown_integration_is_refused_with_the_known_ones(house, ask):
    supervisor = house.running("jira", "kafka")

    with pytest.raises(ConfigError, match="no integration 'nope'; there are: jira, kafka"):
        getattr(supervisor, ask)("nope")
    with pytest.raises(ConfigError, match="no integration 'nope'"):
        supervisor.desire("nope", Desired.STOP)
    assert supervisor._journal.desired() == {}


@pytest.mark.parametrize("ask", ["resync", "restart", "stacks", "employ_again"])
def test_one_that_is_disabled_says_so(house, ask):
    supervisor = house.running(house.one("jira", enabled=False))

    with pytest.raises(ConfigError, match=r"jira is disabled in config\.yaml"):
        getattr(supervisor, ask)("jira")


def test_what_an_operator_wants_is_kept_for_later_lives(house, staff):
    first = house.running("jira", "kafka")
    first.desire("jira", Desired.STOP)
    assert staff["jira"].asked == [Desired.STOP]
    first.stop()

    house.running("jira", "kafka")
    assert (staff["jira"].asked, staff["kafka"].asked) == ([Desired.STOP], [])


def test_what_cannot_be_kept_is_not_done(house, staff):
    supervisor = house.running("jira")
    supervisor._journal.close()

    with pytest.raises(JournalError):
        supervisor.desire("jira", Desired.STOP)
    assert staff["jira"].asked == []


def test_a_restart_is_for_the_owner_to_do(house, staff):
    supervisor = house.running("jira")

    assert supervisor.restart("jira")
    assert staff["jira"].asked == ["restart"]
    assert supervisor._journal.desired() == {}


def test_a_restart_of_what_was_stopped_runs_it_in_later_lives_too(house, staff):
    supervisor = house.running("jira")
    supervisor.desire("jira", Desired.STOP)
    supervisor.restart("jira")

    assert supervisor._journal.desired() == {"jira": Desired.RUN}


def test_a_restart_of_what_is_paused_leaves_it_so(house, staff):
    supervisor = house.running("jira")
    supervisor.desire("jira", Desired.PAUSE)
    supervisor.restart("jira")

    assert supervisor._journal.desired() == {"jira": Desired.PAUSE}


def test_one_whose_owner_failed_gets_another_which_begins_with_what_waits(house, staff):
    supervisor = house.running("jira", "kafka")
    failed, kafka = staff["jira"], staff["kafka"]
    supervisor.accept(Resync("e1", None, "requested"))
    failed.working = False
    assert not supervisor.restart("jira")
    supervisor.employ_again("jira")

    assert staff["jira"] is not failed
    assert staff["jira"].begun == ["e1/jira"]
    assert staff["kafka"] is kafka
    assert kafka.given == ["e1/kafka"]


def test_one_whose_owner_lives_keeps_it(house, staff):
    supervisor = house.running("jira")
    supervisor.employ_again("jira")

    assert staff.hired == ["jira"]


def test_stacks_are_what_the_worker_says(house, staff):
    supervisor = house.running("jira")
    staff["jira"].answer = Future()
    staff["jira"].answer.set_result("Thread main")

    assert supervisor.stacks("jira") == "Thread main"


def test_an_owner_that_says_nothing_is_an_error(house, staff, monkeypatch):
    monkeypatch.setattr(module, "STACKS_SECONDS", 0.01)
    supervisor = house.running("jira")
    staff["jira"].answer = Future()

    with pytest.raises(FrameworkError, match="jira did not answer within 0 s"):
        supervisor.stacks("jira")


# --- what operators see


def test_the_state_is_that_of_the_trigger_and_the_workers(house, staff):
    supervisor = house.running("jira", house.one("kafka", enabled=False))
    assert supervisor.state == "STARTING"
    staff["jira"].enters(state=State.READY)
    assert supervisor.state == supervisor.status().state == "READY"
    house.channel.trigger.status = TriggerStatus("KAFKA", "degraded")

    assert supervisor.state == "DEGRADED"


def test_status_shows_trigger_integrations_and_their_last_resyncs(house):
    supervisor = house.running("jira", "kafka")
    report = ResyncReport("jira", "failed", "2026-01-31T12:00:00.000Z", error="no such broker")
    supervisor._journal.record_resync(report)
    status = supervisor.status()

    assert status.triggers == [TriggerStatus("KAFKA", "listening")]
    jira, kafka = status.integrations
    assert (jira.identifier, jira.state, jira.last_resync) == ("jira", State.PENDING, report)
    assert (kafka.identifier, kafka.last_resync) == ("kafka", None)
    assert status.unread is None


def test_a_description_is_all_there_is_to_know(house, staff, tmp_path):
    limits = Limits(memory=100, memory_soft=80, open_files=64)
    supervisor = house.running(house.one("jira", limits=limits))
    staff["jira"].enters(state=State.READY, pid=os.getpid())
    file = current.path(supervisor._environments.root, "jira")
    current.write(file, Current(Environment("key", tmp_path / "key", tmp_path / "sdk")))
    supervisor._journal.note(Transition("jira", "2026-01-31T12:00:00.000Z", "STARTING", "READY"))
    event = supervisor.resync("jira")
    found = supervisor.describe("jira")

    assert (found.integration.state, found.integration.last_resync) == (State.READY, None)
    assert [one.after for one in found.transitions] == ["READY"]
    assert (found.environment.key, found.environment.path) == ("key", str(tmp_path / "key"))
    assert found.processes[0].pid == os.getpid()
    assert (found.limits.memory, found.limits.memory_soft, found.limits.open_files) == (100, 80, 64)
    assert [(one.event, one.state) for one in found.deliveries] == [(event, "pending")]
    assert found.log == str(house.folder.path / "logs" / "jira.log")


def test_a_description_of_what_does_not_run_is_short(house):
    supervisor = house.running(house.one("jira", enabled=False))
    found = supervisor.describe("jira")

    assert found.integration.state is State.DISABLED
    assert (found.environment, found.processes, found.deliveries) == (None, [], [])


# --- another configuration


def test_a_reload_touches_what_has_changed_and_nothing_else(house, staff):
    supervisor = house.running("stays", "changes", "goes")
    stays, changed, gone = (staff[name] for name in ("stays", "changes", "goes"))
    config = house.config("new", house.one("changes", config={"token": "t"}), "stays")
    found = supervisor.reload(config, never)

    assert changes(found) == {
        "goes": ("removed", []),
        "new": ("added", []),
        "changes": ("changed", ["config.token"]),
        "stays": ("unchanged", []),
    }
    assert supervisor._workforce.find("stays") is stays
    assert (stays.told, stays.asked, stays.given) == (False, [], [])
    assert changed.told
    assert gone.told
    assert staff["changes"].settings.config == {"token": "t"}
    assert [one.identifier for one in supervisor.status().integrations] == [
        "new",
        "changes",
        "stays",
    ]


def test_what_a_reload_began_anew_resyncs_since_its_configuration_is_new(house):
    supervisor = house.running("stays", "changes")
    config = house.config("stays", house.one("changes", config={"token": "t"}), "new")
    supervisor.reload(config, never)

    reason = "its configuration is new"
    assert pending(supervisor) == [(reason, "new"), (reason, "changes")]


def test_a_preview_says_the_same_as_the_reload_and_changes_nothing(house, staff):
    supervisor = house.running("stays", "goes")
    config = house.config("stays", "new")
    preview = supervisor.preview(config)
    assert staff.hired == ["stays", "goes"]

    assert preview == supervisor.reload(config, never)
    assert changes(supervisor.preview(config)) == {
        "stays": ("unchanged", []),
        "new": ("unchanged", []),
    }


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_an_integration_is_disabled_and_enabled_by_a_reload(house, staff, before, after):
    supervisor = house.running(house.one("jira", enabled=before))
    supervisor.reload(house.config(house.one("jira", enabled=after)), never)

    assert (supervisor.status().integrations[0].state is State.DISABLED) is before
    assert len(pending(supervisor)) == after
    assert len(staff.hired) == 1


def test_what_operators_wanted_outlives_a_reload(house, staff):
    supervisor = house.running("jira")
    supervisor.desire("jira", Desired.PAUSE)
    supervisor.reload(house.config(house.one("jira", config={"token": "t"})), never)

    assert staff["jira"].asked == [Desired.PAUSE]


def test_an_event_that_the_last_worker_did_not_get_done_is_given_to_the_next(house, staff):
    supervisor = house.running("jira")
    first = staff["jira"]
    supervisor.accept(Resync("e1", "jira", "requested"))
    first.stop = lambda: (
        supervisor.accept(Resync("e2", "jira", "requested")),
        setattr(first, "working", False),
    )
    supervisor.reload(house.config(house.one("jira", config={"token": "t"})), never)

    assert first.given == ["e1/jira", "e2/jira"]
    assert staff["jira"].begun == ["e1/jira", "e2/jira"]


def test_sections_that_need_a_restart_are_named_by_every_reload_until_there_is_one(house):
    supervisor = house.running("jira")
    port = Port(client_id="you", client_secret="secret", base_url="http://127.0.0.1:9")

    for _ in range(2):
        assert supervisor.reload(house.config("jira", port=port), never).restart == ["port"]


def test_one_that_does_not_end_is_told_and_taken_up_by_the_next_reload(house, staff, monkeypatch):
    monkeypatch.setattr("framework.supervisor.workforce.STOP_SECONDS", 0.0)
    supervisor = house.running("jira", "kafka")
    stuck = staff["jira"]
    stuck.stubborn = True
    config = house.config(
        house.one("jira", config={"token": "t"}), house.one("kafka", config={"token": "t"})
    )
    with pytest.raises(FrameworkError, match="jira: the process did not end in time; the rest is"):
        supervisor.reload(config, never)
    assert supervisor._workforce.find("jira") is stuck
    assert staff["kafka"].settings.config == {"token": "t"}

    stuck.working = False
    assert changes(supervisor.reload(config, never)) == {
        "jira": ("changed", ["config.token"]),
        "kafka": ("unchanged", []),
    }
    assert staff["jira"].settings.config == {"token": "t"}
    assert staff.hired == ["jira", "kafka", "kafka", "jira"]


def test_one_that_does_not_end_when_it_was_removed_is_taken_up_too(house, staff, monkeypatch):
    monkeypatch.setattr("framework.supervisor.workforce.STOP_SECONDS", 0.0)
    supervisor = house.running("jira", "kafka")
    staff["jira"].stubborn = True
    with pytest.raises(FrameworkError, match="jira"):
        supervisor.reload(house.config("kafka"), never)
    staff["jira"].working = False

    assert changes(supervisor.reload(house.config("kafka"), never))["jira"] == ("removed", [])
    assert supervisor._workforce.identifiers == ["kafka"]


def test_one_that_does_not_end_gets_another_worker_although_the_change_was_taken_back(
    house, staff, monkeypatch
):
    monkeypatch.setattr("framework.supervisor.workforce.STOP_SECONDS", 0.0)
    supervisor = house.running("jira")
    staff["jira"].stubborn = True
    with pytest.raises(FrameworkError, match="jira"):
        supervisor.reload(house.config(house.one("jira", config={"token": "t"})), never)
    staff["jira"].working = False

    supervisor.reload(house.config("jira"), never)
    assert staff.hired == ["jira", "jira"]
    assert staff["jira"].is_alive()


def test_what_is_wanted_of_one_whose_owner_failed_is_kept_and_says_what_to_do(house, staff):
    supervisor = house.running("jira")
    staff["jira"].working = False

    with pytest.raises(FrameworkError, match=r"`supervisor\.py restart jira` makes another"):
        supervisor.desire("jira", Desired.PAUSE)
    assert supervisor._journal.desired() == {"jira": Desired.PAUSE}


def test_a_stop_is_not_held_up_by_a_reload(house, staff):
    supervisor = house.running("jira")
    staff["jira"].stubborn = True

    with pytest.raises(FrameworkError, match="did not end in time"):
        supervisor.reload(house.config(), lambda: True)


def test_a_reload_forgets_why_an_earlier_one_failed(house):
    supervisor = house.running("jira")
    supervisor.unread = "config.yaml:9: no such type"
    assert supervisor.status().unread == "config.yaml:9: no such type"
    supervisor.reload(house.config("jira"), never)

    assert supervisor.status().unread is None


def test_a_resync_after_a_reload_that_cannot_be_recorded_is_told(house, caplog, monkeypatch):
    supervisor = house.running("jira")

    def refuse(event, identifiers):
        raise JournalError("the disk is full")

    monkeypatch.setattr(supervisor._journal, "record", refuse)
    supervisor.reload(house.config("jira", "new"), never)

    assert caplog.messages == ["new does not resync: the disk is full"]
    assert supervisor._workforce.identifiers == ["jira", "new"]


def test_a_reload_whose_journal_does_not_answer_changes_nothing(house, staff, monkeypatch):
    supervisor = house.running("jira")
    config = house.config(house.one("jira", env={"A": "b"}), "new")

    def refuse():
        raise JournalError("the disk is slow")

    with monkeypatch.context() as while_it_is_slow:
        while_it_is_slow.setattr(supervisor._journal, "desired", refuse)
        with pytest.raises(JournalError):
            supervisor.reload(config, never)
    assert (staff["jira"].told, staff.hired) == (False, ["jira"])
    assert changes(supervisor.reload(config, never))["new"] == ("added", [])

    assert sorted(staff.hired) == ["jira", "jira", "new"]


def test_who_could_not_be_started_is_tried_again_in_the_rounds(house, staff, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    staff.failures = {"jira": OSError(24, "Too many open files")}
    supervisor = house.running("jira")
    assert supervisor.status().integrations[0].reason

    staff.failures = {}
    supervisor.look_after()

    assert staff["jira"].is_alive()
