"""The sandbox's page in a real browser, on a real sandbox."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from framework.sandbox.assembly import Parts, running
from framework.sandbox.serve import becomes_ready
from framework.sandbox.settings import Sandbox

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAPPING = {"resources": [{"kind": "topic", "selector": {"query": "true"}}]}
WAIT_MS = 10_000


class Catalog:
    """A client of the sandbox's Port."""

    def __init__(self, parts: Parts):
        self.url = parts.address.url
        self._session = requests.Session()
        self._session.trust_env = False
        credentials = {
            "clientId": parts.address.client_id,
            "clientSecret": parts.address.client_secret,
        }
        token = self.call("POST", "auth/access_token", credentials)["accessToken"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.url}/v1/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def fill(self) -> None:
        body = {"installationId": "my_kafka", "installationAppType": "kafka", "config": MAPPING}
        self.call("POST", "integration", body)
        schema = {"properties": {"partitions": {"type": "number", "title": "Partitions"}}}
        self.call(
            "POST", "blueprints", {"identifier": "cluster", "title": "Cluster", "schema": schema}
        )
        relations = {"cluster": {"target": "cluster", "title": "Its cluster"}}
        topic = {"identifier": "topic", "title": "Topic", "schema": schema, "relations": relations}
        self.call("POST", "blueprints", topic)
        self.call("POST", "blueprints/cluster/entities", {"identifier": "c1"})
        for number in range(101):
            entity = {"identifier": f"t{number:03}", "properties": {"partitions": number}}
            entity["relations"] = {"cluster": "c1"}
            entity["title"] = "<b>bold</b>" if number == 0 else f"topic {number}"
            self.call("POST", "blueprints/topic/entities", entity)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with running(Sandbox(), tmp_path / "state") as parts:
        assert becomes_ready(parts, threading.Event())
        yield Catalog(parts)


@pytest.fixture
def page(catalog: Catalog, tmp_path: Path) -> Iterator[Any]:
    program = shutil.which("chromium")
    assert program, "chromium is not on PATH: apt-get install chromium"
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "browser"), executable_path=program, args=ARGUMENTS
        )
        context.set_default_timeout(WAIT_MS)
        opened = context.new_page()
        mistakes: list[str] = []
        opened.on("pageerror", lambda error: mistakes.append(str(error)))
        opened.goto(catalog.url)
        yield opened
        context.close()
        assert mistakes == []


def test_an_empty_catalog_tells_what_to_do_and_fills_itself(page, catalog):
    page.get_by_text("make run").wait_for()
    catalog.fill()
    page.get_by_role("heading", name="my_kafka").wait_for()
    page.get_by_role("link", name="Topic 101").wait_for()


def test_the_state_of_a_resync_is_shown_as_it_changes(page, catalog):
    catalog.fill()
    page.get_by_text("none yet").first.wait_for()
    start = {"status": "running", "lastResyncStart": "2026-11-24T12:00:00+00:00"}
    catalog.call("PATCH", "integration/my_kafka/resync-state", start)
    page.locator("main").get_by_text("running").wait_for()
    end = {"status": "failed", "lastResyncEnd": "2026-11-24T12:00:02+00:00"}
    catalog.call("PATCH", "integration/my_kafka/resync-state", end)
    page.locator("main").get_by_text("failed").wait_for()
    page.get_by_text("2.0 s").wait_for()


def test_a_resync_is_requested_with_a_button(page, catalog):
    catalog.fill()
    page.get_by_role("button", name="Resync").click()
    page.get_by_text("Resync requested.").wait_for()


def test_a_mapping_is_edited_and_a_mistake_is_shown_at_its_line(page, catalog):
    catalog.fill()
    editor = page.get_by_role("textbox", name="Mapping")
    save = page.get_by_role("button", name="Save")
    sync_api.expect(editor).to_have_value(
        "resources:\n  - kind: topic\n    selector:\n      query: 'true'\n"
    )
    sync_api.expect(save).to_be_disabled()
    editor.fill("resources:\n  - kind: [topic\n")
    save.click()
    page.get_by_role("alert").get_by_text("Line 3, column 1").wait_for()
    editor.fill("resources:\n  - kind: broker\n")
    editor.press("Control+s")
    page.get_by_text("Mapping saved").wait_for()
    config = catalog.call("GET", "integration/my_kafka")["integration"]["config"]
    assert config == {"resources": [{"kind": "broker"}]}


def test_an_edit_survives_looking_elsewhere(page, catalog):
    catalog.fill()
    editor = page.get_by_role("textbox", name="Mapping")
    editor.fill("resources: []")
    page.get_by_role("link", name="Topic").click()
    page.get_by_role("columnheader", name="Partitions").wait_for()
    page.get_by_role("link", name="my_kafka").click()
    sync_api.expect(editor).to_have_value("resources: []")
    page.get_by_role("button", name="Revert").click()
    sync_api.expect(editor).to_have_value(
        "resources:\n  - kind: topic\n    selector:\n      query: 'true'\n"
    )


def test_entities_are_a_table_that_is_paged_searched_and_linked(page, catalog):
    catalog.fill()
    page.goto(f"{catalog.url}/#/blueprints/topic")
    page.get_by_text("1\N{EN DASH}100 of 101").wait_for()
    page.get_by_text("<b>bold</b>").wait_for()  # text, not markup
    page.get_by_role("button", name="Next").click()
    page.get_by_text("101\N{EN DASH}101 of 101").wait_for()
    page.get_by_role("searchbox").fill("t042")
    page.get_by_text("1\N{EN DASH}1 of 1", exact=True).wait_for()
    page.get_by_role("row").get_by_role("link", name="c1").click()
    page.get_by_role("heading", name="Cluster").wait_for()
    sync_api.expect(page.get_by_role("searchbox")).to_have_value("c1")
    page.get_by_role("searchbox").fill("nothing like it")
    page.get_by_text("No entity matches the search.").wait_for()
    page.goto(f"{catalog.url}/#/blueprints/none")
    page.get_by_role("heading", name="Not here").wait_for()
