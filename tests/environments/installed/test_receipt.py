import sys
from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.installed import receipt
from framework.environments.installed.receipt import Receipt
from framework.environments.python import identity

RECEIPT = Receipt(
    key="k",
    python=identity.own(),
    uv="9.9.9",
    seconds=1.5,
    packages=["six==1.17.0"],
    requirements=["six"],
    site_packages="lib/python3.11/site-packages",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


def test_a_sealed_environment_is_found(folder: Path) -> None:
    receipt.seal(folder, RECEIPT)
    assert receipt.found(folder, "k") == RECEIPT


def test_an_environment_without_a_marker_is_not_found(folder: Path) -> None:
    assert receipt.found(folder, "k") is None
    assert receipt.found(folder / "nowhere", "k") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key":"k"}', b'{"key":"\xff"}'])
def test_a_marker_that_is_not_whole_counts_as_none(folder: Path, content: bytes) -> None:
    (folder / receipt.NAME).write_bytes(content)
    assert receipt.found(folder, "k") is None


def test_the_marker_of_another_key_counts_as_none(folder: Path) -> None:
    receipt.seal(folder, structs.replace(RECEIPT, key="other"))
    assert receipt.found(folder, "k") is None


def test_an_environment_whose_python_was_removed_is_not_found(folder: Path) -> None:
    receipt.seal(folder, RECEIPT)
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("/nowhere/python")
    assert receipt.found(folder, "k") is None


def test_what_is_gone_cannot_be_brought_to_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        receipt.flush_all(tmp_path / "nowhere")
