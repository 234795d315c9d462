import pytest

from framework.errors import ConfigError
from framework.sdk import Integration


def test_a_registered_handler_stays_callable(integration):
    @integration.on_resync("issue")
    def issues(_):
        return [{"id": 1}]

    assert issues(None) == [{"id": 1}]
    assert integration.kinds == ["issue"]
    assert integration.handlers("issue") == [issues]


def test_a_decorator_without_a_kind_says_how_to_write_it(integration):
    with pytest.raises(TypeError, match=r'@integration.on_resync\("issue"\)'):
        integration.on_resync(lambda _: [])


def test_an_unknown_kind_is_an_error_even_where_none_is_known(integration):
    with pytest.raises(ConfigError, match="'issue'; kinds with a handler: none"):
        integration.handlers("issue")


def test_the_configuration_is_not_there_while_main_is_imported(integration):
    with pytest.raises(ConfigError, match="read it inside a handler"):
        _ = integration.config
    integration.configure({"url": "u"})
    assert integration.config == {"url": "u"}


def test_it_is_cancelled_when_the_sdk_says_so(integration):
    assert not integration.cancelled
    integration.watch(lambda: True)
    assert integration.cancelled


def test_two_integrations_share_nothing(integration):
    integration.on_resync("issue")(list)
    assert Integration().kinds == []
