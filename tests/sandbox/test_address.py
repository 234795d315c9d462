import shutil

import pytest
from msgspec import structs

from framework.errors import ConfigError
from framework.sandbox import address
from framework.sandbox.address import Memory
from framework.sandbox.settings import Sandbox


def test_credentials_are_made_once_and_kept(tmp_path):
    first = address.recall(tmp_path, Sandbox())
    other = address.recall(tmp_path, Sandbox())
    assert first.client_secret != other.client_secret
    address.remember(tmp_path, first)
    assert address.recall(tmp_path, Sandbox()) == first


def test_a_copied_folder_gets_ports_and_credentials_of_its_own(tmp_path, caplog):
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    memory = structs.replace(address.recall(original, Sandbox()), port=1, kafka_port=2)
    address.remember(original, memory)
    shutil.copytree(original, copy)

    found = address.recall(copy, Sandbox())

    assert (found.port, found.kafka_port) == (0, 0)
    assert found.client_secret != memory.client_secret
    assert "is a copy" in caplog.text
    assert address.recall(original, Sandbox()) == memory


def test_settings_win_over_what_was_kept(tmp_path):
    address.remember(tmp_path, Memory(1, 2, "a", "b"))
    settings = Sandbox(port=3, kafka_port=4, client_id="c", client_secret="d")
    assert address.recall(tmp_path, settings) == Memory(3, 4, "c", "d", tmp_path.stat().st_ino)


def test_only_the_owner_may_read(tmp_path):
    folder = tmp_path / "state" / "sandbox"
    address.make_folder(folder)
    address.remember(folder, Memory())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "address.json").stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_says_what_to_do(tmp_path):
    (tmp_path / "address.json").write_text("{")
    with pytest.raises(ConfigError, match="remove it"):
        address.recall(tmp_path, Sandbox())


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="--state"):
        address.make_folder(tmp_path / "file" / "sandbox")
