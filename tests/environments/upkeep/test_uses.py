from pathlib import Path

from msgspec import structs

from framework.environments.installed import built
from framework.environments.python import identity
from framework.environments.upkeep import uses
from framework.environments.upkeep.uses import Use
from tests.fakes import environment as fake

PIN = "msgspec==0.22.0"


def test_integrations_are_gathered_by_key() -> None:
    gathered = uses.gather([("kafka", "k1"), ("jira", "k1"), ("kafka", "k1")], [("jira", "k0")])
    assert gathered == {"k1": Use(current=("jira", "kafka")), "k0": Use(previous=("jira",))}


def test_what_an_integration_runs_in_is_not_counted_as_its_previous_one() -> None:
    assert uses.gather([("jira", "k1")], [("jira", "k1")]) == {"k1": Use(current=("jira",))}


def test_the_msgspec_of_a_python_in_use_is_in_use(root: Path) -> None:
    other = structs.replace(identity.own(), version="3.10.1 (main)")
    fake.make(root, "kafka", "six==1.17.0")
    fake.make(root, "jira", "six==1.17.0", python=other)
    fake.make(root, "sdk", PIN)
    fake.make(root, "sdk-3.10", PIN, python=other)
    fake.make(root, "old-sdk", "msgspec==0.21.0")

    complete = uses.with_sdk({"kafka": Use(current=("kafka",))}, built.read_all(root), PIN)

    assert complete == {"kafka": Use(current=("kafka",)), "sdk": Use(current=("kafka",))}


def test_an_environment_that_is_the_msgspec_of_the_sdk_too_has_all_its_users(root: Path) -> None:
    fake.make(root, "kafka", "six==1.17.0")
    fake.make(root, "sdk", PIN)
    mine = {"kafka": Use(previous=("kafka",)), "sdk": Use(current=("own",))}
    complete = uses.with_sdk(mine, built.read_all(root), PIN)
    assert complete["sdk"] == Use(current=("own",), previous=("kafka",))
