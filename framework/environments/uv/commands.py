"""The calls of uv that a build consists of, with their arguments."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from framework.environments.inputs.inputs import Inputs


class Step(Struct, frozen=True):
    """One call of uv; `name` is what operators read while it runs and when it fails."""

    name: str
    arguments: list[str]


def resolve(
    inputs: Inputs, floor: str, source: str, result: Path, upgrade: Sequence[str] = ()
) -> Step:
    """Resolve `source` for the Python `floor` and later ones.

    `result` holds the versions to keep and gets the new ones; `upgrade` are options that say which
    versions need not be kept.
    """
    arguments = ["--directory", str(inputs.requirements.folder), "pip", "compile", "--quiet"]
    arguments += ["--universal", "--generate-hashes", "--no-header", "--no-annotate"]
    arguments += ["--python", inputs.python.path, "--python-version", floor]
    if inputs.installation.exclude_newer:
        arguments += ["--exclude-newer", inputs.installation.exclude_newer]
    arguments += [*only_binary(inputs), *upgrade, "--output-file", str(result), source]
    return Step("resolving", arguments)


def create(environment: Path, python: str) -> Step:
    """Create an empty environment, which must not exist."""
    options = ["--quiet", "--relocatable", "--no-project", "--python", python]
    return Step("creating the environment", ["venv", *options, str(environment)])


def install(name: str, environment: Path, files: Sequence[str], options: Sequence[str]) -> Step:
    """Install what the files list, and nothing else."""
    into = ["--python", _python(environment)]
    return Step(name, ["pip", "sync", "--quiet", *into, *files, *options])


def check(environment: Path) -> Step:
    """Check that what was installed fits together."""
    return Step("checking what was installed", ["pip", "check", "--python", _python(environment)])


def only_binary(inputs: Inputs) -> list[str]:
    """Return the options that name packages never built from their sources."""
    return [word for name in inputs.installation.only_binary for word in ("--only-binary", name)]


def _python(environment: Path) -> str:
    return str(environment / "bin" / "python")
