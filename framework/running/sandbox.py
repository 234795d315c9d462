"""The command `sandbox`: the sandbox by itself. `run` has it as a child that runs this command."""

from pathlib import Path

from framework import logs
from framework.errors import ConfigError
from framework.running import loading
from framework.sandbox import serve as program


def serve(config: Path, state: Path) -> None:
    """Serve the sandbox until a stop; raise ConfigError if the configuration asks for none."""
    logs.set_up()
    settings = loading.sandbox(config)
    if settings is None:
        raise ConfigError(f"{config}: port.baseUrl is not `sandbox`, so there is nothing to run")
    program.serve(settings, state)
