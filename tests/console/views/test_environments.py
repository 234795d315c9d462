import io

from rich.console import Console

from framework.console.views import environments as tables
from framework.environments.upkeep.damage import Damage
from framework.environments.upkeep.inventory import Row
from framework.environments.upkeep.upkeep import Case, Collection, Examination

KEY = "0123456789abcdef" * 2
ROW = Row(
    key=KEY,
    path=f"/state/envs/{KEY}",
    used_by=("kafka",),
    previous_of=("jira",),
    in_use=True,
    python="3.11.7",
    packages=["six==1.17.0"],
    own_size=5_000_000,
    shared_size=61_000_000,
    built_at="2026-11-24T10:00:00+00:00",
    last_used_at="2026-11-24T12:00:00+00:00",
    why="requirements changed: +six [x]",
)


def printed(table):
    file = io.StringIO()
    Console(file=file, width=200).print(table)
    return file.getvalue()


def case(outcome, damages, reason=None):
    return Case(KEY, "/state", ("kafka",), damages, outcome, reason)


def test_the_inventory_has_a_line_for_each_environment_and_a_sum():
    shown = printed(tables.inventory([ROW, ROW]))
    assert (
        "01234567  kafka, jira (previous)  3.11.7  1         5.0 MB  61.0 MB"
        "  now        requirements changed: +six [x]"
    ) in shown
    assert "environments: 2, their own files: 10.0 MB" in shown


def test_a_collection_says_what_is_free_now():
    shown = printed(tables.collection(Collection([ROW], ["a.lock"], 5_000_000, 7_000_000)))
    assert "01234567  3.11.7  1         2026-11-24  5.0 MB" in shown
    assert "environments removed: 1, 5.0 MB; old locks: 1; from uv's cache: 7.0 MB" in shown


def test_a_collection_says_why_the_cache_is_as_it_was():
    shown = printed(tables.collection(Collection([], [], 0, trouble="a build runs")))
    assert (
        shown == "environments removed: 0, 0 bytes; old locks: 0; from uv's cache: a build runs\n"
    )


def test_a_dry_run_says_what_would_go():
    shown = printed(tables.collection(Collection([ROW], [], 5_000_000, dry_run=True)))
    assert "environments that would go: 1, 5.0 MB; old locks: 0\n" in shown


def test_an_examination_names_some_damage_and_counts_the_rest():
    damages = [Damage(f"{number}.py", "missing", "six") for number in range(7)]
    cases = [
        case("damaged", damages),
        case("in use", damages[:1], "a process runs in it"),
        case("repaired", damages[:1]),
    ]
    shown = printed(tables.examination(Examination(3, cases, healthy=False)))
    assert "01234567 (kafka): damaged\n  missing: 0.py\n" in shown
    assert "  missing: 4.py\n  and 2 more\n" in shown
    assert "01234567 (kafka): in use\n  missing: 0.py\n  a process runs in it\n" in shown
    assert shown.endswith("environments: 3, found damaged: 3, repaired: 1\n")
