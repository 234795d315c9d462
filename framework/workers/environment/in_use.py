"""The environment in use and the next one: what an owner knows, and has noted on disk."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from framework.environments import Environment
from framework.environments.installed import current
from framework.environments.installed.current import Current
from framework.errors import FrameworkError
from framework.workers.environment import rollout
from framework.workers.environment.rollout import SHOWN, Rollout
from framework.workers.notes import Built
from framework.workers.session.exits import Exit
from framework.workers.states import Unbuilt


class EnvironmentInUse:
    """Owned by the owner's thread; `note` writes it to disk, `wall` is a clock of Unix seconds."""

    def __init__(
        self,
        noted: Current,
        note: Callable[[Current], None],
        log: logging.Logger,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._rollout = rollout.resumed(noted)
        self._note = note
        self._log = log
        self._wall = wall
        self._clock = clock
        self._vacant_key: str | None = None  # the environment that was left for another
        self._vacant_since = 0.0
        self.next: Built | None = None  # takes over once the process has made way

    @property
    def remark(self) -> str | None:
        """What operators should know about the environment although the process is ready."""
        return rollout.WAITING if self.next else self._rollout.remark

    @property
    def trouble(self) -> str | None:
        """What is wrong about the environment although the process is ready."""
        return None if self.remark in rollout.NOTES else self.remark

    @property
    def refused(self) -> str | None:
        """The fingerprint of inputs not to be built again, if there is a usable environment."""
        bad = self._rollout.current.bad
        return bad.fingerprint if bad and self.usable else None

    @property
    def usable(self) -> Environment | None:
        """The environment in use, if it is whole."""
        return _whole(self._rollout.current.environment)

    def building(self) -> None:
        """Record that a build has begun."""
        self._become(rollout.building(self._rollout))

    def unbuilt(self, note: Unbuilt) -> None:
        """Record why the build failed, and log it."""
        self._become(rollout.unbuilt(self._rollout, note.reason))
        again = "once its inputs change" if note.wait is None else f"in {note.wait:.0f} s"
        self._log.error("%s; the next build is %s", note.reason, again)

    def unwanted(self) -> None:
        """Record that the build was ended before it was done."""
        self._become(rollout.unwanted(self._rollout))

    def built(self, built: Built) -> None:
        """Record what was built: the environment in use, the next one, or one that is refused."""
        self.next = None
        if rollout.refuses(self._rollout, built) and self.usable:
            self._become(rollout.refused(self._rollout))
        elif rollout.replaces(self._rollout, built):
            self.next = built
        else:
            self._become(rollout.confirmed(self._rollout, built))

    def proceed(self) -> Environment:
        """Return the environment for the next process; a next one becomes the one in use.

        Only after something was built.
        """
        if self.next:
            self._become(rollout.succeeded(self._rollout, self.next, self._wall()))
            self.next = None
        environment = self._rollout.current.environment
        assert environment is not None
        return environment

    def refuge(self) -> Environment | None:
        """Return what is usable without a build: the environment in use, or the previous one."""
        previous = _whole(self._rollout.current.previous)
        if self.usable is None and previous:
            self._become(rollout.fallen_back(self._rollout, previous, self._wall()))
        return self.usable

    def ended(self, exited: Exit) -> Environment | None:
        """Record how a process ended; return the previous environment if it is back in use."""
        now = rollout.ended(self._rollout, exited, self._wall())
        fell_back = now.current is not self._rollout.current
        if fell_back and _whole(now.current.environment) is None:
            return None
        if fell_back:
            self.vacated()
        self._become(now)
        return now.current.environment if fell_back else None

    def vacated(self) -> None:
        """Record that no process runs because of a change."""
        environment = self._rollout.current.environment
        if environment and not self._vacant_key:
            self._vacant_key, self._vacant_since = environment.key, self._clock()

    def occupied(self) -> None:
        """Record that a process is ready; log how long there was none because of a change."""
        self._become(rollout.served(self._rollout))
        environment = self._rollout.current.environment
        before, self._vacant_key = self._vacant_key, None
        if before and environment:
            gap, after = self._clock() - self._vacant_since, environment.key
            self._log.info("%.2f s from %s to %s", gap, before[:SHOWN], after[:SHOWN])

    def _become(self, now: Rollout) -> None:
        if now.current != self._rollout.current:
            self._note(now.current)
        self._rollout = now


def noted(file: Path, log: logging.Logger) -> Current:
    """Return what was noted before the start; log what cannot be read, and do without it."""
    try:
        return current.read(file)
    except FrameworkError as error:
        log.error("%s", error)
        return Current()


def _whole(environment: Environment | None) -> Environment | None:
    return environment if current.whole(environment) else None
