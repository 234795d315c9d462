"""A small YAML text that aliases make large: refused wherever YAML is read, at no cost."""

import tracemalloc

import pytest
import yaml

from framework import aliases
from framework.document import document as documents
from framework.errors import FrameworkError
from framework.port import resources
from framework.sandbox.page import yaml_text

LAUGHS = "\n".join(
    ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))]
)
MERGED = "\n".join(
    ["a0: &a0 {k: v}"]
    + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
)
LONG = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]"
CHAIN = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 2000))])
CIRCLE = "a: &a [*a]"
TEXTS = {"laughs": LAUGHS, "merged": MERGED, "long": LONG, "chain": CHAIN, "circle": CIRCLE}
MOST = 16 << 20  # bytes


def as_document(folder, text):
    (folder / "config.yaml").write_text(text)
    return documents.read(folder / "config.yaml").values


def as_default_mapping(folder, text):
    place = folder / ".port" / "resources"
    place.mkdir(parents=True)
    (place / "port-app-config.yaml").write_text(text)
    return resources.load(folder, "jira", "jira", "1").mapping


def as_page_s_mapping(_, text):
    return yaml_text.load(text)


READERS = [as_document, as_default_mapping, as_page_s_mapping]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_its_aliases_make_huge_is_refused_and_takes_no_memory(read, name, tmp_path):
    text = f"resources: []\n{TEXTS[name]}\n"
    tracemalloc.start()
    try:
        with pytest.raises(FrameworkError, match=r"alias|too deeply"):
            read(tmp_path, text)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("read", READERS)
def test_aliases_as_people_use_them_are_followed(read, tmp_path):
    uses = "\n".join(f"- {{<<: *common, number: {number}}}" for number in range(200))
    text = f"common: &common {{a: {'x' * 5000}, b: [1, 2]}}\nresources:\n{uses}\n"

    found = read(tmp_path, text)["resources"]

    assert [one["number"] for one in found] == list(range(200))
    assert found[0]["b"] == [1, 2]


def test_a_text_without_aliases_may_be_of_any_length():
    rows = ", ".join(["x"] * 40_000)

    aliases.check(yaml.compose(f"a: [{rows}]\nb: [{rows}]"))
    aliases.check(yaml.compose(""))
