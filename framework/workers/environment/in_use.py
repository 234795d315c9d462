"""From one environment to the next: what an owner knows about it, and has noted on disk."""

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


class EnvironmentInUse:
    """Owned by the owner's thread; `note` has it written, `wall` tells Unix seconds."""

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
        self._vacant: tuple[str, float] | None = None
        self.next: Built | None = None  # it takes over once the process has made way

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
        """The fingerprint of inputs that must not be tried again, if there is another choice."""
        bad = self._rollout.current.bad
        return bad.fingerprint if bad and self.usable else None

    @property
    def usable(self) -> Environment | None:
        """The environment in use, if it is whole."""
        return _whole(self._rollout.current.environment)

    def building(self) -> None:
        """Know that today's inputs are dealt with."""
        self._become(rollout.building(self._rollout))

    def unbuilt(self, reason: str) -> None:
        """Know that they lead nowhere."""
        self._become(rollout.unbuilt(self._rollout, reason))

    def built(self, built: Built) -> None:
        """Know what they lead to: the environment in use, the next one, or one that is refused."""
        self.next = None
        if rollout.refuses(self._rollout, built) and self.usable:
            self._become(rollout.refused(self._rollout))
        elif rollout.replaces(self._rollout, built):
            self.next = built
        else:
            self._become(rollout.confirmed(self._rollout, built))

    def proceed(self) -> Environment:
        """Return what the next process is to be started in: the next environment, if there is one.

        Something was built before.
        """
        if self.next:
            self._become(rollout.succeeded(self._rollout, self.next, self._wall()))
            self.next = None
        environment = self._rollout.current.environment
        assert environment is not None
        return environment

    def refuge(self) -> Environment | None:
        """Return what can be used without a build: the environment in use, or the previous."""
        previous = _whole(self._rollout.current.previous)
        if self.usable is None and previous:
            self._become(rollout.fallen_back(self._rollout, previous, self._wall()))
        return self.usable

    def ended(self, end: Exit) -> Environment | None:
        """Return the previous environment if the one in use is to be given up for it."""
        now = rollout.ended(self._rollout, end, self._wall())
        went = now.current is not self._rollout.current
        if went and _whole(now.current.environment) is None:
            return None
        if went:
            self.vacated()
        self._become(now)
        return now.current.environment if went else None

    def vacated(self) -> None:
        """Know that no process runs because of a change."""
        environment = self._rollout.current.environment
        if environment and not self._vacant:
            self._vacant = environment.key, self._clock()

    def occupied(self) -> None:
        """Know that a process is ready; log how long there was none because of a change."""
        self._become(rollout.served(self._rollout))
        environment = self._rollout.current.environment
        if self._vacant and environment:
            before, since = self._vacant
            gap, after = self._clock() - since, environment.key
            self._log.info("%.2f s from %s to %s", gap, before[:SHOWN], after[:SHOWN])
        self._vacant = None

    def _become(self, now: Rollout) -> None:
        if now.current != self._rollout.current:
            self._note(now.current)
        self._rollout = now


def noted(file: Path, log: logging.Logger) -> Current:
    """Return what an earlier life noted; log what cannot be read, and go on without it."""
    try:
        return current.read(file)
    except FrameworkError as error:
        log.error("%s", error)
        return Current()


def _whole(environment: Environment | None) -> Environment | None:
    return environment if current.whole(environment) else None
