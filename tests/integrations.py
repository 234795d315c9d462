"""Run each integration's own tests in that integration's own environment."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import uv

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run them one after the other; exit non-zero if any of them failed."""
    folders = sorted(path.parent for path in ROOT.glob("integrations/*/tests"))
    failed = [
        folder.name
        for folder in folders
        if subprocess.run(_argv(folder), cwd=ROOT, check=False).returncode
    ]
    if failed or not folders:
        sys.exit(f"failed: {', '.join(failed) or 'there are no integrations'}")


def _argv(folder: Path) -> list[str]:
    needed = [f"--with={name}=={version(name)}" for name in ("pytest", "pytest-timeout", "msgspec")]
    python = ["--isolated", "--no-project", f"--python={sys.executable}"]
    requirements = f"--with-requirements={folder / 'requirements.txt'}"
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "tests")]
    return [uv.find_uv_bin(), "run", "--quiet", *python, requirements, *needed, "python", *tests]


if __name__ == "__main__":
    main()
