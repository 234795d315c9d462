"""`supervisor.py env`: real uv, real packages, processes that hold leases and are killed."""

import fcntl
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import psutil
import pytest

from framework.environments import Environment, Environments
from framework.environments.environment import Wanted
from framework.environments.installed import built, current, leases, receipt
from framework.environments.installed.current import Current
from framework.environments.upkeep import collect

ROOT = Path(__file__).resolve().parents[2]
DAY = 86400  # seconds
DEADLINE = 60.0  # seconds
CONFIG = """
port: {baseUrl: sandbox}
triggerChannel: {type: KAFKA, brokers: sandbox}
integrationsPath: [integrations]
integrations:
  - {identifier: kafka, type: kafka}
  - {identifier: jira, type: jira}
"""


# What a supervisor does with an environment; the process outlives it.
PARENT = """
import sys
from pathlib import Path
from framework.environments import Environment
from framework.environments.installed import leases
from framework.process import Child
environment = Environment(sys.argv[1], *map(Path, sys.argv[2:]))
with leases.leased(environment) as files:
    argv = [str(environment.python), "-c", "import time; time.sleep(600)"]
    child = Child(argv, {}, Path("/"), files)
print(child.pid, flush=True)
sys.stdin.read()
"""
ROUNDS = 8
# A supervisor whose process ends at once, and is started again.
STARTING = f"""
import sys
from pathlib import Path
from threading import Event
from framework.environments import Environments, Wanted
from framework.environments.installed import leases
from framework.process import Child
environments = Environments(Path(sys.argv[1]))
wanted = Wanted("jira", Path(sys.argv[2]))
rounds = 0
while rounds < {ROUNDS}:
    environment = environments.ensure(wanted, Event(), lambda _: None)
    code = f"import sys; sys.path.append({{str(environment.msgspec)!r}}); import six, msgspec"
    try:
        with leases.leased(environment) as files:
            child = Child([str(environment.python), "-c", code], {{}}, Path("/"), files)
    except OSError:
        continue  # it was collected between the two: built again
    rounds += 1
    print("ok" if child.wait(60) == 0 else child.stderr.read().decode(), flush=True)
    child.close()
"""


@pytest.fixture
def shop(house):
    """A house with two integrations that share a package; nothing of it runs."""
    house.configure(CONFIG)
    house.integration("kafka", "", "six==1.17.0\nidna==3.10\n")
    house.integration("jira", "", "six==1.17.0\n")
    return house


def build(shop, name: str) -> Environment:
    wanted = Wanted(name, shop.folder / "integrations" / name)
    return Environments(shop.state / "environments").ensure(wanted, Event(), print)


def env(shop, *words: str, status: int = 0):
    answer = shop.command("env", *words, "--json")
    assert answer.returncode == status, answer.stderr
    return json.loads(answer.stdout)


def changed(shop, name: str, requirements: str) -> Environment:
    (shop.folder / "integrations" / name / "requirements.txt").write_text(requirements)
    return build(shop, name)


def aged(environment: Environment) -> Environment:
    then = time.time() - 8 * DAY
    os.utime(environment.path / receipt.NAME, (then, then))
    return environment


def module(environment: Environment, name: str) -> Path:
    return next(environment.path.glob(f"lib/python3*/site-packages/{name}"))


def imports(environment: Environment, code: str) -> str:
    argv = [str(environment.python), "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


def removed(answer) -> set[str]:
    return {row["key"] for row in answer["environments"]}


def outcomes(answer) -> dict[str, str]:
    return {case["key"]: case["outcome"] for case in answer["damaged"]}


def until(condition) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        select.select([], [], [], 0.01)


@pytest.fixture
def started():
    """Start a process in an environment, and its parent; return both."""
    parents, children = [], []

    def start(environment: Environment) -> tuple[subprocess.Popen[str], psutil.Process]:
        words = [environment.key, str(environment.path), str(environment.msgspec)]
        pipe = subprocess.PIPE
        argv = [sys.executable, "-c", PARENT, *words]
        parent = subprocess.Popen(argv, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        parents.append(parent)
        children.append(psutil.Process(int(parent.stdout.readline())))
        return parent, children[-1]

    yield start
    for parent in parents:
        parent.kill()
        parent.communicate()
    for child in children:
        if child.is_running():
            child.kill()


# --- list


def test_the_list_says_for_whom_how_large_and_why(shop):
    kafka, jira = build(shop, "kafka"), build(shop, "jira")
    rows = {row["key"]: row for row in env(shop, "list")}
    assert rows[kafka.key]["usedBy"] == ["kafka"]
    assert rows[kafka.key]["packages"] == ["idna==3.10", "six==1.17.0"]
    assert rows[kafka.key]["why"] == "first build"
    assert rows[jira.key]["usedBy"] == ["jira"]
    (sdk,) = rows.keys() - {kafka.key, jira.key}
    assert rows[sdk]["usedBy"] == ["jira", "kafka"]
    for row in rows.values():
        argv = ["du", "--summarize", "--block-size=1", row["path"]]
        du = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
        assert row["ownSize"] + row["sharedSize"] == int(du.split()[0])
    assert rows[kafka.key]["sharedSize"] > module(kafka, "six.py").stat().st_size


def test_the_list_is_a_table_without_json(shop):
    build(shop, "jira")
    answer = shop.command("env", "list")
    assert answer.returncode == 0
    assert "USED BY" in answer.stdout
    assert "environments: 2" in answer.stdout


# --- gc


def test_what_is_needed_stays_and_what_is_old_goes_with_its_packages(shop):
    old = aged(build(shop, "kafka"))
    young = build(shop, "jira")
    kafka = aged(changed(shop, "kafka", "six==1.17.0\n"))
    assert kafka.key == young.key  # equal locks share
    shop.integration("jira", "", "toml==0.10.2\n")  # configured, not built yet

    assert removed(env(shop, "gc", "--dry-run")) == {old.key}
    assert old.path.exists()
    answer = env(shop, "gc")

    assert removed(answer) == {old.key}
    assert not old.path.exists()
    assert answer["freed"] > 0
    assert answer["freedInCache"] > 100_000  # idna: no environment holds it any more
    assert "six" in imports(kafka, "import six; print(six)")
    again = env(shop, "gc", "--older-than", "0")
    assert removed(again) == set()
    assert len(again["locks"]) == 1  # of the kafka that is gone


def test_what_integrations_run_in_or_go_back_to_stays(shop):
    first, second = aged(build(shop, "kafka")), aged(changed(shop, "kafka", "idna==3.10\n"))
    third = changed(shop, "kafka", "toml==0.10.2\n")
    place = current.path(shop.state / "environments", "kafka")
    current.write(place, Current(second, first, 1))
    assert removed(env(shop, "gc")) == set()
    assert all(one.path.exists() for one in (first, second, third))
    rows = {row["key"]: row for row in env(shop, "list")}
    assert rows[first.key]["previousOf"] == ["kafka"]


def test_a_leased_environment_is_collected_only_after_its_process_ended(shop, started):
    old = build(shop, "kafka")
    changed(shop, "kafka", "")
    parent, child = started(old)
    aged(old)
    assert removed(env(shop, "gc")) == set()
    parent.kill()  # as a supervisor may die: -9
    parent.wait(DEADLINE)
    assert child.is_running()
    assert removed(env(shop, "gc")) == set()
    child.kill()
    until(lambda: not leases.in_use(old.path))
    assert removed(env(shop, "gc")) == {old.key}
    assert not old.path.exists()


def test_a_build_at_the_same_time_and_gc_leave_each_other_alone(shop):
    old = aged(build(shop, "kafka"))
    changed(shop, "kafka", "")
    turn = shop.state / "environments" / "locks" / old.key
    with turn.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert removed(env(shop, "gc")) == set()
    assert old.path.exists()


def test_the_commands_work_beside_a_running_supervisor(shop):
    main = "from framework.sdk import Integration\nintegration = Integration()\n"
    (shop.folder / "integrations" / "kafka" / "main.py").write_text(main)
    (shop.folder / "integrations" / "jira" / "main.py").write_text(main)
    shop.start()
    shop.until("DEGRADED")  # their mappings are empty; the processes are up
    pids = [one["pid"] for one in shop.status()["integrations"]]
    rows = env(shop, "list")
    assert [row["inUse"] for row in rows] == [True] * 3
    assert removed(env(shop, "gc", "--older-than", "0")) == set()
    assert env(shop, "doctor", "--deep")["healthy"]
    assert [one["pid"] for one in shop.status()["integrations"]] == pids
    shop.stop()
    assert not any(row["inUse"] for row in env(shop, "list"))


# --- doctor


def test_healthy_environments_are_found_healthy(shop):
    build(shop, "kafka")
    answer = env(shop, "doctor", "--deep")
    assert answer == {"examined": 2, "damaged": [], "healthy": True}


def test_a_changed_file_is_repaired_everywhere_it_is_shared(shop):
    kafka, jira = build(shop, "kafka"), build(shop, "jira")
    six = module(kafka, "six.py")
    with six.open("a") as file:
        file.write("raise SystemExit('broken')\n")
    assert module(jira, "six.py").read_bytes() == six.read_bytes()  # a hard link

    found = env(shop, "doctor", status=1)
    assert outcomes(found) == {kafka.key: "damaged", jira.key: "damaged"}
    assert found["damaged"][0]["damages"] == [
        {"path": "six.py", "what": "changed", "package": "six"}
    ]
    answer = env(shop, "doctor", "--repair")

    assert outcomes(answer) == {kafka.key: "repaired", jira.key: "repaired"}
    assert env(shop, "doctor", "--deep")["healthy"]
    for environment in (kafka, jira):
        assert "six" in imports(environment, "import six; print(six)")


def test_a_change_that_keeps_the_size_is_found_and_repaired_by_deep(shop):
    kafka, jira = build(shop, "kafka"), build(shop, "jira")
    six = module(kafka, "six.py")
    six.write_bytes(six.read_bytes().replace(b"import", b"improt"))

    assert env(shop, "doctor")["healthy"]
    assert set(outcomes(env(shop, "doctor", "--deep", status=1))) == {kafka.key, jira.key}
    env(shop, "doctor", "--deep", "--repair")

    assert "six" in imports(jira, "import six; print(six)")
    assert env(shop, "doctor", "--deep")["healthy"]


def test_a_deleted_file_is_repaired_without_an_index(shop):
    kafka = build(shop, "kafka")
    module(kafka, "idna/core.py").unlink()
    assert outcomes(env(shop, "doctor", status=1)) == {kafka.key: "damaged"}
    shop.environ["UV_OFFLINE"] = "1"
    assert outcomes(env(shop, "doctor", "--repair")) == {kafka.key: "repaired"}
    assert "idna" in imports(kafka, "import idna.core; print(idna)")


def test_a_damaged_environment_comes_back_if_the_index_is_down(shop):
    jira = build(shop, "jira")
    module(jira, "six.py").write_text("name = 'changed'\n")
    shop.environ |= {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    answer = env(shop, "doctor", "--repair", status=1)
    assert outcomes(answer) == {jira.key: "failed"}
    assert "index can be reached" in answer["damaged"][0]["reason"]
    assert imports(jira, "import six; print(six.name)") == "changed\n"


def test_a_damaged_environment_in_use_waits_for_its_process(shop, started):
    jira = build(shop, "jira")
    module(jira, "six.py").unlink()
    _, child = started(jira)
    answer = env(shop, "doctor", "--repair", status=1)
    assert outcomes(answer) == {jira.key: "in use"}
    assert "stop the supervisor" in answer["damaged"][0]["reason"]
    child.kill()
    until(lambda: not leases.in_use(jira.path))
    assert outcomes(env(shop, "doctor", "--repair")) == {jira.key: "repaired"}


def test_an_environment_whose_python_or_marker_is_gone_is_built_again(shop):
    kafka, jira = build(shop, "kafka"), build(shop, "jira")
    (kafka.path / "bin" / "python").unlink()
    (jira.path / receipt.NAME).unlink()
    answer = env(shop, "doctor", "--repair")
    assert outcomes(answer) == {kafka.key: "repaired", jira.key: "repaired"}
    assert env(shop, "doctor")["healthy"]


def test_a_damaged_environment_that_nobody_needs_is_removed(shop):
    old = build(shop, "kafka")
    changed(shop, "kafka", "")
    module(old, "six.py").unlink()
    assert outcomes(env(shop, "doctor", "--repair")) == {old.key: "removed"}
    assert not old.path.exists()


def test_the_table_names_the_damage(shop):
    jira = build(shop, "jira")
    module(jira, "six.py").unlink()
    answer = shop.command("env", "doctor")
    assert answer.returncode == 1
    assert f"{jira.key[:8]} (jira): damaged" in answer.stdout
    assert "missing: six.py" in answer.stdout
    assert "examining it" in answer.stderr


def test_what_is_collected_all_the_time_never_breaks_what_is_started_all_the_time(shop):
    build(shop, "jira")
    root = shop.state / "environments"
    argv = [sys.executable, "-c", STARTING, str(root), str(shop.folder / "integrations" / "jira")]
    pipe = subprocess.PIPE
    starting = [subprocess.Popen(argv, cwd=ROOT, stdout=pipe, text=True) for _ in range(2)]
    went = 0
    while any(one.poll() is None for one in starting):
        due = collect.due(built.read_all(root), {}, time.time())
        went += len(list(collect.collect(root, due)))
        select.select([], [], [], 0.3)  # else nothing would ever start
    assert [one.communicate()[0].split() for one in starting] == [["ok"] * ROUNDS] * 2
    assert went > 0
    assert not list(root.glob("build/*"))
