import errno
import os
import signal

import pytest

from framework.workers.session import exits
from framework.workers.session.exits import Exit
from framework.workers.states import Cause


@pytest.mark.parametrize(
    ("status", "line", "sentence"),
    [
        (1, "no such broker", "exit status 1: no such broker"),
        (0, "", "exit status 0, though nobody asked it to end"),
        (78, "token is missing", "exit status 78 (EX_CONFIG): token is missing"),
        (-11, "", "killed by SIGSEGV"),
        (
            -9,
            "",
            "killed by SIGKILL, not by the supervisor: out of memory (see `dmesg`), or a person",
        ),
        (-40, "", "killed by signal 40"),
    ],
)
def test_a_death_nobody_asked_for_is_told_with_the_last_line(status, line, sentence):
    assert exits.died(status, line) == sentence


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (0, Cause.CRASHED),
        (1, Cause.CRASHED),
        (70, Cause.CRASHED),
        (75, Cause.TEMPORARY),
        (77, Cause.HOPELESS),
        (78, Cause.HOPELESS),
        (-signal.SIGKILL, Cause.CRASHED),
    ],
)
def test_an_exit_status_means_what_sysexits_says(status, cause):
    assert exits.cause(status) is cause


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [(78, 78, None), (0, 0, None), (-9, None, "SIGKILL"), (None, None, None)],
)
def test_a_status_is_an_exit_code_or_a_signal(status, code, name):
    one = Exit("it ended", status=status)
    assert (one.exit_code, one.signal) == (code, name)


def test_an_environment_is_given_up_for_what_another_start_will_not_cure():
    assert Exit("late", late=True).final
    assert Exit("exit status 78", Cause.HOPELESS).final
    assert not Exit("exit status 1").final


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM])
def test_a_process_that_a_machine_cannot_start_is_the_machine_s_failure(number):
    found = exits.unstarted(OSError(number, os.strerror(number)))

    assert found.cause is Cause.MACHINE
    assert found.reason.startswith(
        f"this machine cannot start another process: {os.strerror(number)}; look at its limits"
    )


def test_a_process_that_cannot_be_started_otherwise_is_a_failure_of_its_own():
    found = exits.unstarted(FileNotFoundError(errno.ENOENT, "No such file or directory", "/envs/a"))

    assert found.cause is Cause.CRASHED
    assert found.reason == (
        "the process could not be started: [Errno 2] No such file or directory: '/envs/a'"
    )
    assert (found.pid, found.exit_code, found.signal) == (None, None, None)
