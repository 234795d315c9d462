"""The command that builds, as operators and CI run it."""

import json

CONFIG = """
    port: {{baseUrl: sandbox}}
    integrationsPath: [integrations]
    integrations:
      - {{identifier: one, type: quiet}}
      - {{identifier: two, type: quiet, {more}}}
"""


def built(house, *words):
    answer = house.command("build", "--json", *words)
    assert answer.returncode == 0, answer.stderr
    return {row["identifier"]: row["environment"] for row in json.loads(answer.stdout)}


def test_a_build_locks_and_ci_holds_it_to_that(house):
    folder = house.integration("quiet", "", "six<1.17\n")
    house.configure(CONFIG.format(more="offline: false"))
    refused = house.command("build", "--frozen")
    assert refused.returncode == 1
    assert "quiet/requirements.lock is missing. Run `supervisor.py build` without" in refused.stderr
    first = built(house)
    assert first["one"] == first["two"]
    lock = (folder / "requirements.lock").read_text()
    assert lock.startswith("# inputs: ")
    assert "six==1.16.0 \\\n    --hash=sha256:" in lock
    assert built(house, "--frozen") == first
    (folder / "requirements.txt").write_text("six\n")
    stale = house.command("build", "--frozen")
    assert "was made for other requirements" in stale.stderr
    assert built(house) == first  # what is locked still fits
    assert built(house, "--upgrade", "six") != first
    assert "six==1.16.0" not in (folder / "requirements.lock").read_text()
    built(house, "--frozen")


def test_packages_are_named_for_an_upgrade_only(house):
    house.integration("quiet", "")
    house.configure(CONFIG.format(more="offline: false"))
    for words in (["six"], ["--upgrade", "--frozen"]):
        answer = house.command("build", *words)
        assert answer.returncode == 1
        assert "name packages with --upgrade only" in answer.stderr


def test_a_failure_is_told_with_the_step_and_without_credentials(house):
    house.integration("quiet", "", "six\n")
    house.configure(CONFIG.format(more='indexes: ["http://me:secret@127.0.0.1:9/simple"]'))
    house.environ["UV_HTTP_RETRIES"] = "0"
    answer = house.command("build")
    assert answer.returncode == 1
    assert "error: two: " in answer.stderr
    assert "resolving failed (uv: exit status 2):" in answer.stderr
    assert "Check that the package index can be reached from this machine." in answer.stderr
    assert "secret" not in answer.stderr + answer.stdout
    assert "one: built in" in answer.stderr
