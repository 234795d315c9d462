"""Resolve: find versions that fit together, with a hash for every file of each."""

import re
from pathlib import Path

from msgspec import Struct

from framework.environments.inputs import lines
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.requirements import FILE
from framework.environments.lock import lock
from framework.environments.lock.lock import Lock
from framework.environments.uv.steps import Steps
from framework.errors import RequirementsError

TEXT, RESULT = "requirements.in", "requirements.lock"
# uv says so when some packages do not support the oldest Python that was asked for.
TOO_OLD = re.compile(r"requires-python|python_full_version|does not satisfy Python")


class Upgrade(Struct, frozen=True):
    """Which packages may get newer versions than the lock has; none named means all."""

    packages: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """The options of uv that say so."""
        each = [word for name in self.packages for word in ("--upgrade-package", name)]
        return each or ["--upgrade"]


def resolve(inputs: Inputs, start: Lock, steps: Steps, upgrade: Upgrade | None = None) -> Lock:
    """Resolve for every Python from 3.10 on, or from this one where the packages want that.

    The versions in `start` are kept where they still fit. Raises the error of a step that fails.
    """
    *others, last = inputs.floors
    for floor in others:
        try:
            return _resolve(inputs, floor, start, steps, upgrade)
        except RequirementsError as error:
            if not TOO_OLD.search(str(error)):
                raise
    return _resolve(inputs, last, start, steps, upgrade)


def _resolve(
    inputs: Inputs, floor: str, start: Lock, steps: Steps, upgrade: Upgrade | None
) -> Lock:
    result = steps.folder / RESULT
    result.write_text(start.body)
    source = FILE
    if inputs.requirements.text is not None:
        source = str(steps.folder / TEXT)
        Path(source).write_text(inputs.requirements.text)
        steps.copies[source] = inputs.requirements.source
    options = upgrade.options if upgrade else []
    steps.resolve(inputs, floor, source, result, options)
    # Copies are installed: what is editable would change under a running process.
    resolved = [lines.EDITABLE.sub("", line) for line in result.read_text().splitlines()]
    body = "".join(f"{line}\n" for line in resolved)
    made = Lock(inputs.key(floor), lock.start_of(inputs), body)
    lock.refuse_unhashed(made, inputs)
    return made
