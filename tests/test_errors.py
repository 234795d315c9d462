"""The tree of errors: what is caught in one place, and what an error carries."""

import inspect

from framework import errors
from framework.errors import (
    FrameworkError,
    PortRefusedError,
    PortUnavailableError,
    TransientError,
)


def raised_on_purpose() -> list[type]:
    return [value for _, value in inspect.getmembers(errors, inspect.isclass)]


def test_every_error_raised_on_purpose_is_a_framework_error():
    assert all(issubclass(error, FrameworkError) for error in raised_on_purpose())


def test_every_error_explains_itself():
    assert all(error.__doc__ for error in raised_on_purpose())


def test_a_transient_error_may_say_when_to_try_again():
    assert TransientError("busy", retry_after=3).retry_after == 3
    assert TransientError("busy").retry_after is None


def test_a_refusal_keeps_the_status_port_answered_with():
    error = PortRefusedError("no such blueprint", 404)

    assert error.status == 404
    assert str(error) == "no such blueprint"


def test_an_unreachable_port_is_worth_another_try():
    assert issubclass(PortUnavailableError, TransientError)
