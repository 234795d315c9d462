import errno
import resource

import pytest

from framework.protocol.messages import Bye, IntegrationHello, Ping, Ready
from framework.workers.notes import Hung, Kill, Overgrown, Said, Send


@pytest.fixture
def no_more_files():
    """Return a function after which nothing can be opened."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_process_for_which_too_few_files_are_left_is_killed(one, no_more_files, monkeypatch):
    child = one._begin(one.environment("old"))

    def begin(environment):
        no_more_files()
        return child

    monkeypatch.setattr(one, "_begin", begin)
    with pytest.raises(OSError, match="Too many open files") as refused:
        one.process(begin).start(one.environment("old"), lambda: None)

    assert refused.value.errno == errno.EMFILE
    assert child.did == ["kill"]
    assert child.pidfd == -1
