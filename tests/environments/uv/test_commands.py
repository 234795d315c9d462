from pathlib import Path

from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.requirements import Requirements
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.environments.uv import commands

ASKED = Requirements("kafka", "/i/kafka/requirements.txt", Path("/i/kafka"), ["six"])
INSTALLATION = Installation(exclude_newer="7 days", only_binary=["six", "idna"])
INPUTS = Inputs("kafka", ASKED, (), INSTALLATION, identity.own())
ENVIRONMENT = Path("/envs/0")


def test_resolving_names_where_the_versions_to_keep_are_and_what_may_be_newer() -> None:
    step = commands.resolve(INPUTS, "3.10", "requirements.txt", Path("/r.lock"), ["--upgrade"])
    said = " ".join(step.arguments)
    assert said.startswith("--directory /i/kafka pip compile --quiet --universal")
    assert f"--python {INPUTS.python.path} --python-version 3.10" in said
    assert "--exclude-newer 7 days --only-binary six --only-binary idna --upgrade" in said
    assert said.endswith("--output-file /r.lock requirements.txt")


def test_installing_and_checking_are_done_with_the_python_of_the_environment() -> None:
    python = ["--python", "/envs/0/bin/python"]
    install = commands.install("installing", ENVIRONMENT, ["/r.lock"], ["--offline"])
    assert install.arguments == ["pip", "sync", "--quiet", *python, "/r.lock", "--offline"]
    assert commands.check(ENVIRONMENT).arguments == ["pip", "check", *python]


def test_an_environment_is_created_so_that_it_can_be_moved() -> None:
    step = commands.create(ENVIRONMENT, "/usr/bin/python3.12")
    assert step.arguments[-3:] == ["--python", "/usr/bin/python3.12", "/envs/0"]
    assert "--relocatable" in step.arguments
