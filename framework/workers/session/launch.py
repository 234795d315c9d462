"""Everything needed to start one integration's process."""

import os
from pathlib import Path

from msgspec import Raw, Struct

from framework.environments import Environment
from framework.environments.installed import leases
from framework.masking import Hide, visible
from framework.process import MARKER, Child, inherited, limit_files
from framework.protocol.messages import VERSION, Configure, SupervisorHello

REPOSITORY = Path(__file__).resolve().parents[3]
BOOTSTRAP = REPOSITORY / "framework" / "sdk" / "bootstrap.py"
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
# Bytes from which a freed block goes back to the kernel: glibc's default. Setting it fixes it; else
# glibc raises it up to 32 MiB, and an idle process keeps the memory of its last resync.
MMAP_THRESHOLD = 128 * 1024


class Launch(Struct, frozen=True):
    """An integration as config.yaml has it, and the instance of the supervisor that runs it.

    `folder` holds main.py. `config` goes over in `configure`, never in argv or the environment.
    `env` is added to the process's environment; `open_files` limits its open files;
    `hide` takes its secrets out of a text.
    """

    identifier: str
    type: str
    folder: Path
    config: Raw
    env: dict[str, str]
    instance: str
    version: str
    open_files: int = 1024
    hide: Hide = visible

    @property
    def marker(self) -> str:
        """What every process of this integration carries in its environment."""
        return f"{self.instance}/{self.identifier}"

    def start(self, environment: Environment) -> Child:
        """Start the process in this environment, by the real path of its Python.

        The process inherits a lease on it. Raises OSError if the environment is gone, or the limit
        of open files cannot be set.
        """
        argv = [str(environment.python), str(BOOTSTRAP), str(self.folder / "main.py")]
        with leases.leased(environment) as files:
            child = Child(argv, self.environ(environment), self.folder, files)
        try:
            limit_files(child.pid, self.open_files)
        except OSError:
            child.abandon()
            raise
        return child

    def environ(self, environment: Environment) -> dict[str, str]:
        """Spell the process's environment out from nothing."""
        return {
            **inherited(),
            "PATH": f"{environment.path / 'bin'}:{SYSTEM_PATH}",
            "VIRTUAL_ENV": str(environment.path),
            "MALLOC_MMAP_THRESHOLD_": str(MMAP_THRESHOLD),  # glibc's own name for it
            **self.env,
            MARKER: self.marker,
            "FRAMEWORK_PARENT": str(os.getpid()),
            "FRAMEWORK_MSGSPEC": str(environment.msgspec),
        }

    def hello(self, session: int) -> SupervisorHello:
        """Return the first message to the process; `session` counts its starts."""
        return SupervisorHello([VERSION], self.version, f"{self.marker}/{session}")

    def configure(self) -> Configure:
        """Return the integration's own configuration, secrets included."""
        return Configure(self.identifier, self.type, self.config)
