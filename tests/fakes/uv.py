"""A stand-in for uv: a short script that makes the files a build looks at, and keeps a log."""

import sys
from pathlib import Path

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"

# It knows version 1.17.0 of every package, and keeps what a lock pins already.
SCRIPT = f"""#!/bin/sh
here=$(dirname "$0")
if [ "$1" = --directory ]; then cd "$2"; shift 2; fi
echo "$*" >> "$here/calls"
env > "$here/environ"
for last; do :; done
file() {{ while [ "$1" != "$option" ]; do shift; done; echo "$2"; }}
case "$1 $2" in
venv*)
    mkdir -p "$last/bin" "$last/lib/{VERSION}/site-packages"
    ln -s {sys.executable} "$last/bin/python"
    printf 'home = /usr/bin\\nuv = 9.9.9\\n' > "$last/pyvenv.cfg" ;;
"pip compile")
    option=--output-file; out=$(file "$@")
    case "$*" in *--upgrade*) : > "$out" ;; esac
    cp "$out" "$here/begin"
    case "$last" in */requirements.in) ;; *) cp "$out" "$here/start" ;; esac
    grep -v '^-[^e]' "$last" | sed 's/#.*//; s/ *$//' | while read -r name; do
        case "$name" in
        "") ;;
        -e*|.*|/*|*://*) echo "$name" ;;
        *)
            bare=$(echo "$name" | sed 's/[^a-z-].*//')
            grep "^$bare==" "$here/begin" || echo "$bare==1.17.0 --hash=sha256:0" ;;
        esac
    done > "$out" ;;
"pip sync")
    option=--python; python=$(file "$@")
    for file; do case "$file" in */requirements.lock) lock=$file ;; esac; done
    grep -q ^msgspec== "$lock" || cp "$lock" "$here/installed"
    packages="$(dirname "$(dirname "$python")")/lib/{VERSION}/site-packages"
    sed -n 's/^\\([a-z-]*\\)==\\([0-9.]*\\).*/\\1 \\2/p' "$lock" |
    while read -r name version; do
        mkdir -p "$packages/$name-$version.dist-info"
        printf 'Name: %s\\nVersion: %s\\n' "$name" "$version" \
            > "$packages/$name-$version.dist-info/METADATA"
    done ;;
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
        """What an integration's own environment was to hold the last time."""
        return (self._folder / "installed").read_text()

    @property
    def start(self) -> str:
        """Where resolving a requirements.txt started the last time."""
        return (self._folder / "start").read_text()

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the last call."""
        lines = (self._folder / "environ").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def then(self, command: str, script: str) -> None:
        """Let `uv pip <command>` end with this piece of shell."""
        (self._folder / command).write_text(script)
