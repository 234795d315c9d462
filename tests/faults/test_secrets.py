"""Whatever goes wrong, no secret of a configuration gets into any text that is shown or kept."""

import base64
import json
from urllib.parse import quote

import pytest

from framework.console import client
from framework.errors import FrameworkError
from tests.faults import illnesses, looks
from tests.faults.illnesses import at_start, at_work

SECRET = "planted/s3cret+of?the house"
FROM_FILE = "planted-in-a-file-2718281828"
ROTATED = "planted-in-a-file-3141592653"
LATER = "planted-for-later-1618033988"
SPEC = """\
configurations:
  - {name: token, type: string, sensitive: true}
  - {name: file, type: string}
  - {name: nested, type: object, sensitive: true}
"""
# Says its secrets in every way there is: as they are, escaped, encoded, beyond what is kept.
LEAK = """
import base64, urllib.parse
token, kept = integration.config["token"], integration.config["file"]
basic = base64.b64encode(f"user:{token}".encode()).decode()
words = f"{token} {kept} {json.dumps(token)} {urllib.parse.quote(token, safe='')} {basic}"
"""
AFTER = """
print(words, file=sys.stderr)
print("x" * 4085 + token, file=sys.stderr)
print("x" * 65530 + token, file=sys.stderr)
print(words)
integration.log.warning(words, token=token, more={"token": token})
say(type="log", level="error", message=words, fields={"token": token})
"""
INSIDE = LEAK + AFTER
MAINS = {
    "raises": at_work(f"{INSIDE}raise RuntimeError(words)", "True"),
    "config": at_work(f"{INSIDE}from framework.errors import AuthError\nraise AuthError(words)"),
    "bye": at_work(f"{INSIDE}say(type='bye', reason=words)\nos._exit(1)"),
    "dies": at_work(f"{INSIDE}print(words, file=sys.stderr, flush=True)\nos._exit(1)"),
    "breaks": at_work(
        f"""{INSIDE}raw(f'{{{{"type":"page","delivery":"{{delivery}}","seq":{{words}}\\n'.encode())"""
    ),
    "hangs": at_work(f"{INSIDE}exec(compile('time.sleep(600)', words, 'exec'))"),
    "idle": at_start("pass"),
}


@pytest.fixture(scope="module")
def house(shared_house):
    house = shared_house
    (house.folder / "token").write_text(f"{FROM_FILE}\n")
    (house.folder / "token").chmod(0o600)
    config = {"token": SECRET, "file": "${file:token}", "nested": {"keys": [LATER]}}
    items = [{"identifier": name, "type": name, "config": config} for name in MAINS]
    illnesses.admit(house, MAINS, integrations=items)
    for name in MAINS:
        (illnesses.place(house, name) / ".port" / "spec.yaml").write_text(SPEC)
    house.start()
    house.eventually(house.status, 90, "a supervisor")
    return house


def forms(secret):
    alone = base64.b64encode(secret.encode()).decode()
    return [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], alone[: len(alone) - 4]]


def kept(house):
    """Return what lies in files of the state folder that hold texts, and what `run` printed."""
    files = [house.log, *(house.state / "logs").iterdir(), *house.state.glob("journal*")]
    files += [path for path in (house.state / "environments").rglob("*.json") if path.is_file()]
    return {str(path): path.read_bytes().decode(errors="replace") for path in files}


def stacks(house, name):
    try:
        return client.stacks(house.state, name)
    except FrameworkError as error:
        return str(error)


def answers(house):
    """Return what the commands and the sandbox answer."""
    port = house.port()
    asked = {
        "status": json.dumps(house.status()),
        "check": str(house.command("check")),
        "logs": str(house.command("logs")),
    }
    for name in MAINS:
        asked[f"describe {name}"] = str(house.command("describe", name))
        asked[f"stacks {name}"] = str(stacks(house, name))
        asked[f"port {name}"] = str(port.call("GET", f"/integration/{name}"))
        asked[f"logs {name}"] = str(house.command("logs", name))
    return asked


def spilled(texts, *secrets):
    return {
        (place, form)
        for place, text in texts.items()
        for secret in secrets
        for form in forms(secret)
        if form in text
    }


def test_a_secret_is_in_no_log_journal_answer_or_receipt_after_a_run_of_faults(house):
    for name in ("bye", "dies"):
        looks.until_fallen(house, name, "BACKOFF")
    for name in ("raises", "config", "breaks"):
        house.eventually(
            lambda name=name: (house.one(name).get("lastResync") or {}).get("status") == "failed",
            60,
            f"the resync of {name} failed",
        )
    house.eventually(lambda: "x" * 4000 in looks.log(house, "hangs"), 60, "its words")
    assert "***" in looks.log(house, "raises")
    assert "***" in json.dumps(house.status())

    found = kept(house) | answers(house)

    assert spilled(found, SECRET, FROM_FILE, LATER) == set()


def test_a_secret_of_a_file_that_changed_is_taken_into_use_by_a_reload(house):
    (house.folder / "token").write_text(f"{ROTATED}\n")

    answer = house.command("reload", "--json")

    changed = [
        one for one in json.loads(answer.stdout)["integrations"] if one["change"] != "unchanged"
    ]
    assert {one["identifier"] for one in changed} == {*MAINS}
    assert {tuple(one["what"]) for one in changed} == {("config.file",)}
    looks.until_fallen(house, "raises", "DEGRADED")
    assert spilled(kept(house) | {"reload": str(answer)}, ROTATED, FROM_FILE) == set()


def test_a_file_that_others_may_read_is_refused_by_a_reload_and_nothing_changes(house):
    (house.folder / "token").chmod(0o644)

    answer = house.command("reload")

    assert answer.returncode == 1
    assert "others may read or change it; `chmod 600" in answer.stderr
    assert "not reloaded" in house.command("status").stdout
    assert spilled({"reload": str(answer)}, ROTATED) == set()
