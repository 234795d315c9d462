"""An environment made by hand: a tree with a RECORD for each package, and its marker."""

import base64
import hashlib
import sys
from pathlib import Path

import msgspec

from framework.environments.installed import receipt
from framework.environments.installed.receipt import Receipt
from framework.environments.python import identity

SITE_PACKAGES = Path("lib", f"python{sys.version_info.major}.{sys.version_info.minor}")
SITE_PACKAGES /= "site-packages"


def make(root: Path, key: str, *packages: str, **fields: object) -> Path:
    """Make the environment of `key` below `root`, with packages such as "six==1.17.0"."""
    folder = root / "envs" / key
    site_packages = folder / SITE_PACKAGES
    site_packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    for package in packages:
        _install(site_packages, *package.split("=="))
    marker = folder / receipt.NAME
    marker.write_bytes(msgspec.json.encode(_receipt(key, list(packages), fields)))
    return folder


def module(folder: Path, name: str) -> Path:
    """Return the one module of a package."""
    return folder / SITE_PACKAGES / f"{name}.py"


def _receipt(key: str, packages: list[str], fields: dict[str, object]) -> Receipt:
    given: dict[str, object] = {
        "key": key,
        "python": identity.own(),
        "uv": "9.9.9",
        "seconds": 1.0,
        "packages": packages,
        "requirements": packages,
        "site_packages": str(SITE_PACKAGES),
    }
    return Receipt(**{**given, **fields})


def _install(site_packages: Path, name: str, version: str) -> None:
    content = f"name = {name!r}\n".encode()
    (site_packages / f"{name}.py").write_bytes(content)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    info = site_packages / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(
        f"{name}.py,sha256={digest},{len(content)}\n"
        f"__pycache__/{name}.cpython-311.pyc,,\n"
        f"{info.name}/RECORD,,\n"
    )
