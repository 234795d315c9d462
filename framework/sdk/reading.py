"""Read everything that one resync asks for; a kind that fails does not stop the others."""

import traceback
from typing import Literal

from framework.errors import AuthError, ConfigError, TransientError
from framework.protocol.messages import Done, Failure, KindDone, KindRequest
from framework.sdk.attempt import Attempt, Cancelled
from framework.sdk.forms import drain
from framework.sdk.integration import Integration
from framework.sdk.pages import Pages
from framework.sdk.resync import Resync

MESSAGE_CHARACTERS = 4_000  # of an error's message
TRACEBACK_CHARACTERS = 40_000  # of a traceback: its end, which says most
CLASSES: dict[type[Exception], Literal["config", "auth", "transient"]] = {
    ConfigError: "config",
    AuthError: "auth",
    TransientError: "transient",
}


def read(kinds: list[KindRequest], integration: Integration, attempt: Attempt) -> Done:
    """Send the pages and the `kindDone` of each kind; return how the delivery ended."""
    failures: dict[str, Failure] = {}
    try:
        for request in kinds:
            failure = _read_kind(request, integration, attempt)
            reason = failure.message if failure else None
            attempt.send(KindDone(attempt.delivery, request.kind, request.index, reason))
            if failure:
                failures[f"kind {request.kind!r}, resource {request.index}"] = failure
    except Cancelled:
        return Done(attempt.delivery, "cancelled")
    if failures:
        first = next(iter(failures.values()))
        lines = [f"{where}: {failure.message}" for where, failure in failures.items()]
        message = "\n".join(lines)[:MESSAGE_CHARACTERS]
        error = Failure(first.kind, message, first.traceback)
        return Done(attempt.delivery, "failed", error, attempt.pages)
    return Done(attempt.delivery, "ok", pages=attempt.pages)


def explain(error: BaseException) -> Failure:
    """Return the protocol's form of what a handler raised; only a bug has a traceback."""
    for expected, name in CLASSES.items():
        if isinstance(error, expected):
            return Failure(name, _clean(str(error))[:MESSAGE_CHARACTERS])
    message = _clean("".join(traceback.format_exception_only(error)).strip())
    trace = _clean("".join(traceback.format_exception(error)))
    return Failure("bug", message[:MESSAGE_CHARACTERS], trace[-TRACEBACK_CHARACTERS:])


def _read_kind(request: KindRequest, integration: Integration, attempt: Attempt) -> Failure | None:
    pages = Pages(attempt, request)
    failure = None
    try:
        resync = Resync(integration.config, request, attempt)
        for handler in integration.handlers(request.kind):
            attempt.check()
            drain(handler(resync), pages.add, attempt)
    except (Cancelled, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - the author's code may raise anything
        failure = explain(error)
    attempt.check()  # a handler that returned early because of a cancel did not read to the end
    pages.cut()
    return failure


def _clean(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()  # lone surrogates cannot be sent
