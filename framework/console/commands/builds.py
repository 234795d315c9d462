"""Build the environments that a configuration needs, in parallel, and show the progress."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from msgspec import Struct
from rich.console import Console as Terminal
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from framework.environments import Environment, Environments, Upgrade, Wanted
from framework.errors import BuildError, BuildUnavailableError, FrameworkError
from framework.texts import printable

Say = Callable[[str, str], None]  # a label, the step that begins
Make = Callable[[Wanted, Callable[[str], None]], Environment]


class Builder(Struct, frozen=True):
    """`stop` ends the builds; `say` shows their steps."""

    environments: Environments
    stop: Event
    say: Say

    def build(self, wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
        """Build what is missing; write locks beside the requirements. Raises BuildError."""
        return self._all(wanted, self._committed, self._ensured)

    def frozen(self, wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
        """Build from the committed locks alone. Raises BuildError if one is missing or stale."""
        return self._all(wanted, self._unchanged, self._unchanged)

    def upgrade(self, wanted: Sequence[Wanted], upgrade: Upgrade) -> list[dict[str, Any]]:
        """Build with newer versions and write them into the locks. Raises BuildError."""

        def upgraded(one: Wanted, say: Callable[[str], None]) -> Environment:
            return self.environments.upgrade(one, upgrade, self.stop, say)

        return self._all(wanted, upgraded, self._ensured)

    def _all(self, wanted: Sequence[Wanted], first: Make, others: Make) -> list[dict[str, Any]]:
        """Build all; of those that share a folder, and so a lock, one before the others."""
        leading = {one.folder: one for one in reversed(wanted)}
        led = [one for one in wanted if leading[one.folder] is not one]
        rows: dict[str, dict[str, Any]] = {}
        failed: list[str] = []
        for some, make in ((list(leading.values()), first), (led, others)):
            for one, done in zip(some, self._parallel(some, make), strict=True):
                if isinstance(done, FrameworkError):
                    failed.append(f"{one.label}: {done}")
                else:
                    rows[one.label] = done
        if failed:
            raise BuildError("\n\n".join(failed))
        return [rows[one.label] for one in wanted]

    def _parallel(
        self, wanted: Sequence[Wanted], make: Make
    ) -> list[dict[str, Any] | FrameworkError]:
        with ThreadPoolExecutor(max(1, len(wanted))) as pool:  # Environments limits how many build
            try:
                return list(pool.map(lambda one: self._one(one, make), wanted))
            except KeyboardInterrupt:
                self.stop.set()
                raise

    def _one(self, one: Wanted, make: Make) -> dict[str, Any] | FrameworkError:
        began = time.monotonic()
        try:
            environment = make(one, lambda line: self.say(one.label, line))
        except FrameworkError as error:
            self.say(one.label, "failed")
            return error
        return {
            "identifier": one.label,
            "type": one.folder.name,
            "environment": environment.key,
            "path": str(environment.path),
            "seconds": round(time.monotonic() - began, 3),
        }

    def _ensured(self, one: Wanted, say: Callable[[str], None]) -> Environment:
        return self.environments.ensure(one, self.stop, say)

    def _unchanged(self, one: Wanted, say: Callable[[str], None]) -> Environment:
        self.environments.refuse_stale(one)
        return self._ensured(one, say)

    def _committed(self, one: Wanted, say: Callable[[str], None]) -> Environment:
        environment = self._ensured(one, say)
        try:
            written = self.environments.commit(one)
        except BuildUnavailableError as error:
            say(str(error))  # a read-only tree is no failure
        else:
            if written:
                say(f"wrote {written}")
        return environment


@contextmanager
def shown(terminal: Terminal, labels: Sequence[str]) -> Iterator[Say]:
    """Yield what shows steps: on a terminal a live line for each integration, else plain lines."""
    if not terminal.is_terminal:
        yield lambda label, line: terminal.print(
            printable(f"{label}: {line}"), markup=False, highlight=False, soft_wrap=True
        )
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[label]}"),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=terminal) as progress:
        tasks = {label: progress.add_task("waiting", total=None, label=label) for label in labels}
        yield lambda label, line: progress.update(tasks[label], description=printable(line))
