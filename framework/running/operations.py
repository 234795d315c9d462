"""What operators can ask of a running supervisor, from any thread."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from framework.config.difference import Change, Difference
from framework.errors import FrameworkError
from framework.journal import Desired
from framework.running.loading import Load
from framework.running.main_thread import MainThread
from framework.sandbox.sandbox_process import SandboxProcess
from framework.supervisor import Supervisor

log = logging.getLogger("supervisor")


class Operations:
    """`load` reads the configuration; `hurry` returns whether the supervisor was told to stop."""

    def __init__(
        self,
        supervisor: Supervisor,
        sandbox: SandboxProcess | None,
        load: Load,
        hurry: Callable[[], bool],
    ):
        self._supervisor = supervisor
        self._sandbox = sandbox
        self._load = load
        self._hurry = hurry
        self.main_thread = MainThread()
        self.resync = supervisor.resync
        self.describe = supervisor.describe
        self.stacks = supervisor.stacks

    def status(self) -> dict[str, Any]:
        """Return the status of the supervisor and of the sandbox."""
        answer: dict[str, Any] = msgspec.to_builtins(self._supervisor.status())
        if self._sandbox and self._sandbox.status.address:
            answer["sandbox"] = msgspec.to_builtins(self._sandbox.status.address) | {
                "state": self._sandbox.status.state,
                "reason": self._sandbox.status.reason,
                "restarts": self._sandbox.status.restarts,
            }
        return answer

    def desire(self, identifier: str, desired: str) -> None:
        """Set what an integration is to do from now on: `run`, `pause` or `stop`."""
        self._supervisor.desire(identifier, Desired(desired))

    def restart(self, identifier: str) -> None:
        """Replace an integration's process, or its owner if that has failed."""
        if not self._supervisor.restart(identifier):
            self.main_thread.call(partial(self._supervisor.employ_again, identifier))

    def preview(self) -> dict[str, Any]:
        """Return what a reload would change; raise ConfigError if the file is broken."""
        return _answer(self._supervisor.preview(self._load()), applied=False)

    def reload(self) -> dict[str, Any]:
        """Apply the configuration file; raise ConfigError if it is broken."""
        return _answer(self.main_thread.call(self._reload), applied=True)

    def reload_by_signal(self) -> None:
        """Do the same in the main thread; the log and `status` show what is wrong."""
        with suppress(FrameworkError):
            self._reload()

    def _reload(self) -> Difference:
        try:
            found = self._supervisor.reload(self._load(), self._hurry)
        except FrameworkError as error:
            self._supervisor.unread = str(error)
            log.error("the configuration was not reloaded: %s", error)
            raise
        except Exception as error:
            self._supervisor.unread = f"unexpected: {error!r}; the log says more"
            log.exception("the configuration was not reloaded")
            raise FrameworkError(self._supervisor.unread) from error
        changes = [one for one in found.integrations if one.change is not Change.UNCHANGED]
        for one in changes:
            log.info(
                "%s was %s: %s", one.identifier, one.change, ", ".join(one.what) or "as a whole"
            )
        log.info("reloaded; unchanged: %d", len(found.integrations) - len(changes))
        for section in found.restart:
            log.warning("`%s` has changed: restart the supervisor to apply it", section)
        return found


def _answer(found: Difference, *, applied: bool) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(found)
    return {"applied": applied, **answer}
