"""What a new config.yaml changes: named by its keys, never by its values."""

import msgspec
import pytest

from framework.config.difference import Change, Changed, Difference, difference

BEFORE = """\
triggerChannel: {type: KAFKA, brokers: sandbox}
integrations:
  - identifier: orders
    type: kafka
    config: {bootstrap_servers: x, password: "${SECRET}"}
    env: {ZONE: eu}
    limits: {memory: 512MiB}
"""


@pytest.fixture
def changes(desk):
    """Return a function that compares two files, and the second with another environment."""
    desk.environ["SECRET"] = "hunter2"

    def compare(old: str, new: str, **environ: str) -> Difference:
        before = desk.load(old)
        desk.environ |= environ
        return difference(before, desk.load(new))

    return compare


@pytest.fixture
def what(changes):
    """Return a function that names what changed in the one integration there is."""

    def name(old: str, new: str, **environ: str) -> list[str]:
        (one,) = changes(old, new, **environ).integrations
        return one.what

    return name


def test_the_same_file_changes_nothing(changes):
    assert changes(BEFORE, BEFORE) == Difference([Changed("orders", Change.UNCHANGED)], [])


def test_defaults_that_are_written_out_change_nothing(changes):
    written = BEFORE.replace("bootstrap_servers: x", "page_size: 100, bootstrap_servers: x")
    written += "    enabled: true\n    offline: false\nlogs: {size: 10MiB}\n"

    assert changes(BEFORE, written) == changes(BEFORE, BEFORE)


@pytest.mark.parametrize(
    ("written", "instead", "key"),
    [
        ("bootstrap_servers: x", "bootstrap_servers: y", "config.bootstrap_servers"),
        ("bootstrap_servers: x", "bootstrap_servers: x, page_size: 7", "config.page_size"),
        (', password: "${SECRET}"', "", "config.password"),
        ("ZONE: eu", "ZONE: us", "env.ZONE"),
        ("memory: 512MiB", "memory: 1GiB", "limits.memory"),
        ("memory: 512MiB", "memory: 512MiB, memorySoft: 500MiB", "limits.memorySoft"),
        ("memory: 512MiB", "memory: 512MiB, openFiles: 99", "limits.openFiles"),
        ("    limits", "    enabled: false\n    limits", "enabled"),
        ("    limits", "    excludeNewer: 7 days\n    limits", "environments.excludeNewer"),
        ("integrations:", "limits: {openFiles: 99}\nintegrations:", "limits.openFiles"),
        ("integrations:", "environments: {offline: true}\nintegrations:", "environments.offline"),
    ],
)
def test_what_changed_is_named(what, written, instead, key):
    assert what(BEFORE, BEFORE.replace(written, instead)) == [key]


def test_a_secret_that_changed_in_the_environment_is_a_change(what):
    assert what(BEFORE, BEFORE, SECRET="hunter3") == ["config.password"]


def test_true_is_another_value_than_one(desk, what):
    desk.install("pets")
    text = "integrations: [{identifier: a, type: pets, config: {cats: {tame: 1}, dogs: 2}}]"

    assert what(text, text.replace("tame: 1", "tame: true")) == ["config.cats"]
    assert what(text, text.replace("cats: {tame: 1}, dogs: 2", "dogs: 2, cats: {tame: 1}")) == []


def test_another_type_is_not_told_as_a_folder_and_a_spec_as_well(desk, what):
    desk.install("pets")

    assert what(BEFORE, BEFORE.replace("type: kafka", "type: pets"))[0] == "type"
    assert "spec" not in what(BEFORE, BEFORE.replace("type: kafka", "type: pets"))


def test_the_folder_of_a_type_may_change(desk, changes):
    elsewhere = desk.folder / "elsewhere"
    before = desk.load(BEFORE)
    (desk.folder / "integrations").rename(elsewhere)
    (desk.folder / "integrations").symlink_to(elsewhere)

    (one,) = difference(before, desk.load(BEFORE)).integrations

    assert one.what == ["folder"]


def test_the_spec_of_a_type_may_change(desk, changes):
    before = desk.load(BEFORE)
    spec = desk.folder / "integrations" / "kafka" / ".port" / "spec.yaml"
    spec.write_text(spec.read_text() + "  - {name: zone}\n")

    (one,) = difference(before, desk.load(BEFORE)).integrations

    assert one.what == ["spec"]


def test_integrations_come_and_go_and_are_read_in_that_order(desk, changes):
    desk.install("pets")
    old = "".join(f"  - {{identifier: {name}, type: pets}}\n" for name in "abc")
    new = "".join(f"  - {{identifier: {name}, type: pets}}\n" for name in "dca")
    new = new.replace("a, type: pets", "a, type: pets, env: {X: y}")

    found = changes(f"integrations:\n{old}", f"integrations:\n{new}")

    assert [(one.change, one.identifier) for one in found.integrations] == [
        ("removed", "b"),
        ("added", "d"),
        ("changed", "a"),
        ("unchanged", "c"),
    ]


@pytest.mark.parametrize(
    ("section", "written"),
    [
        ("port", "port: {baseUrl: https://api.us.port.io}\n"),
        ("sandbox", "sandbox: {port: 8080}\n"),
        ("logs", "logs: {keep: 9}\n"),
    ],
)
def test_a_section_that_cannot_change_live_is_named(changes, section, written):
    assert changes(BEFORE, written + BEFORE).restart == [section]


def test_the_trigger_channel_and_new_credentials_need_a_restart(changes):
    new = BEFORE.replace("brokers: sandbox", "brokers: b")

    assert changes(BEFORE, new, PORT_CLIENT_SECRET="new").restart == ["port", "triggerChannel"]


def test_no_value_is_told(changes):
    new = BEFORE.replace("ZONE: eu", "ZONE: us").replace("512MiB", "777MiB")

    told = changes(BEFORE, new, SECRET="hunter3", PORT_CLIENT_SECRET="hunter4")

    assert msgspec.json.decode(msgspec.json.encode(told)) == {
        "integrations": [
            {
                "identifier": "orders",
                "change": "changed",
                "what": ["config.password", "env.ZONE", "limits.memory"],
            }
        ],
        "restart": ["port"],
    }
    assert "hunter" not in repr(told)
