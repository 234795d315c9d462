"""A stand-in for uv: a short script that makes the files a build looks at, and keeps a log."""

import sys
from pathlib import Path

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"

SCRIPT = f"""#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
for last; do :; done
case "$1 $2" in
venv*)
    mkdir -p "$last/bin" "$last/lib/{VERSION}/site-packages"
    ln -s {sys.executable} "$last/bin/python"
    printf 'home = /usr/bin\\nuv = 9.9.9\\n' > "$last/pyvenv.cfg" ;;
"pip install")
    cp "$last" "$here/installed"
    info="$(dirname "$last")/env/lib/{VERSION}/site-packages/six-1.17.0.dist-info"
    mkdir "$info"
    printf 'Name: six\\nVersion: 1.17.0\\n' > "$info/METADATA" ;;
esac
if [ -e "$here/$2" ]; then . "$here/$2"; fi
"""


class FakeUv:
    """`path` is the program; `calls` are its command lines so far."""

    def __init__(self, folder: Path):
        self._folder = folder
        folder.mkdir()
        self.path = folder / "uv"
        self.path.write_text(SCRIPT)
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        log = self._folder / "calls"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def installed(self) -> str:
        return (self._folder / "installed").read_text()

    def then(self, command: str, script: str) -> None:
        """Let `uv pip <command>` end with this piece of shell."""
        (self._folder / command).write_text(script)
