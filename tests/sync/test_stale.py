"""The stale rule, clause by clause, on small histories."""

import json
import random
from collections.abc import Iterable

import pytest
from msgspec import Raw

from framework.journal import Claim
from framework.mapping.mapping import Mapping, parse
from framework.port.owned import Owned
from framework.sync.stale import FEWEST, Verdict, judge

ISSUE, USER = ("issue", 0), ("user", 1)


def mapping(*resources: tuple[str, str], threshold: float = 0.9) -> Mapping:
    """Kinds with the blueprint expression of each."""
    config = {
        "entityDeletionThreshold": threshold,
        "resources": [
            {
                "kind": kind,
                "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": blueprint}}},
            }
            for kind, blueprint in resources
        ],
    }
    return parse(Raw(json.dumps(config).encode()))


TWO = mapping(("issue", '"A"'), ("user", '"B"'))
DYNAMIC = mapping(("issue", ".type"), ("user", '"B"'))


def claim(key: tuple[str, int], blueprint: str, mapped: Mapping | None) -> Claim:
    """What a kind produced under a mapping; without one, under another than today's."""
    kind, index = key
    made_with = mapped.resources[index].hash if mapped else "another"
    return Claim("me", blueprint, kind, index, made_with, "event/me#1")


def owned(blueprint: str, *identifiers: str) -> list[Owned]:
    return [Owned(identifier, blueprint) for identifier in identifiers]


def stale(verdict: Verdict) -> dict[str, list[str]]:
    assert not verdict.failures
    return verdict.stale


def test_what_is_owned_and_was_not_produced_goes() -> None:
    verdict = judge(
        owned("A", "old", "kept"), {("A", "kept")}, [claim(ISSUE, "A", TWO)], TWO, {ISSUE, USER}
    )

    assert verdict == Verdict(stale={"A": ["old"]}, held_back={}, failures=[])


def test_what_was_produced_stays_and_another_blueprints_namesake_does_not_save_it() -> None:
    verdict = judge(owned("A", "x") + owned("B", "x"), {("A", "x")}, [], TWO, {ISSUE, USER})

    assert stale(verdict) == {"B": ["x"]}


def test_what_is_not_owned_is_never_judged() -> None:
    assert judge([], {("A", "new")}, [], TWO, {ISSUE, USER}) == Verdict({}, {}, [])


def test_an_entity_that_is_listed_twice_goes_once() -> None:
    assert stale(judge(owned("A", "x", "x"), set(), [], TWO, {ISSUE})) == {"A": ["x"]}


def test_a_kind_that_names_the_blueprint_and_is_not_whole_keeps_it() -> None:
    verdict = judge(owned("A", "x") + owned("B", "y"), set(), [], TWO, {USER})

    assert stale(verdict) == {"B": ["y"]}
    assert verdict.held_back == {
        "A": "kind 'issue' (resources[0]) is incomplete, and makes entities of it"
    }


def test_of_two_kinds_with_one_blueprint_one_that_is_not_whole_keeps_everything() -> None:
    shared = mapping(("issue", '"A"'), ("user", '"A"'))

    assert stale(judge(owned("A", "x"), set(), [], shared, {USER})) == {}
    assert stale(judge(owned("A", "x"), set(), [], shared, {ISSUE})) == {}
    assert stale(judge(owned("A", "x"), set(), [], shared, {ISSUE, USER})) == {"A": ["x"]}


def test_a_kind_mapped_twice_answers_for_each_place() -> None:
    twice = mapping(("issue", '"A"'), ("issue", '"A"'))

    assert stale(judge(owned("A", "x"), set(), [], twice, {("issue", 0)})) == {}


def test_one_body_of_several_is_enough_to_name_a_blueprint() -> None:
    bodies = [{"identifier": ".id", "blueprint": name} for name in ('"A"', '"B"')]
    resource = {"kind": "issue", "port": {"entity": {"mappings": bodies}}}
    several = parse(Raw(json.dumps({"resources": [resource]}).encode()))

    assert stale(judge(owned("B", "x"), set(), [], several, set())) == {}


def test_a_kind_that_produced_the_blueprint_keeps_it_until_it_is_whole() -> None:
    claims = [claim(ISSUE, "C", DYNAMIC)]

    assert stale(judge(owned("C", "x"), set(), claims, DYNAMIC, {USER})) == {}
    assert stale(judge(owned("C", "x"), set(), claims, DYNAMIC, {ISSUE})) == {"C": ["x"]}


def test_every_claim_counts_not_just_one() -> None:
    claims = [claim(USER, "C", DYNAMIC), claim(ISSUE, "C", DYNAMIC)]

    assert stale(judge(owned("C", "x"), set(), claims, DYNAMIC, {USER})) == {}


@pytest.mark.parametrize("key", [ISSUE, ("issue", 7), ("gone", 0)])
def test_a_claim_of_another_mapping_is_met_only_when_all_kinds_are_whole(
    key: tuple[str, int],
) -> None:
    claims = [claim(key, "B", None)]

    verdict = judge(owned("B", "x"), set(), claims, TWO, {USER})

    assert stale(verdict) == {}
    assert "with another mapping, and not all kinds are complete" in verdict.held_back["B"]
    assert stale(judge(owned("B", "x"), set(), claims, TWO, {ISSUE, USER})) == {"B": ["x"]}


def test_a_claim_of_another_blueprint_says_nothing() -> None:
    claims = [claim(ISSUE, "A", TWO), claim(ISSUE, "A", None)]

    assert stale(judge(owned("B", "x"), set(), claims, TWO, {USER})) == {"B": ["x"]}


def test_a_blueprint_that_nobody_claims_goes_only_when_all_kinds_are_whole() -> None:
    verdict = judge(owned("Z", "x"), set(), [], TWO, {ISSUE})

    assert stale(verdict) == {}
    assert verdict.held_back == {
        "Z": "no kind is known to make entities of it, and not all kinds are complete: "
        "kind 'user' (resources[1])"
    }
    assert stale(judge(owned("Z", "x"), set(), [], TWO, {ISSUE, USER})) == {"Z": ["x"]}


def test_a_mapping_without_resources_deletes_nothing() -> None:
    nothing = Mapping([], TWO.options, TWO.threshold)

    verdict = judge(owned("A", "x"), set(), [claim(ISSUE, "A", None)], nothing, {ISSUE})

    assert stale(verdict) == {}
    assert "there are none" in verdict.held_back["A"]


def test_a_blueprint_without_stale_entities_is_not_spoken_of() -> None:
    assert judge(owned("A", "x"), {("A", "x")}, [], TWO, set()) == Verdict({}, {}, [])


# --- the threshold --------------------------------------------------------------------------


def many(blueprint: str, count: int) -> list[Owned]:
    return owned(blueprint, *map(str, range(count)))


def test_more_than_the_threshold_is_a_failure_that_says_what_to_do() -> None:
    verdict = judge(many("A", 20), {("A", "0")}, [], TWO, {ISSUE, USER})

    assert verdict.stale == {}
    [failure] = verdict.failures
    assert failure.startswith("19 of 20 entities of blueprint 'A' are stale, more than")
    assert "raise it for one resync" in failure


def test_exactly_the_threshold_may_go() -> None:
    produced = {("A", "0"), ("A", "1")}

    assert len(stale(judge(many("A", 20), produced, [], TWO, {ISSUE}))["A"]) == 18


def test_below_ten_entities_the_threshold_is_not_judged() -> None:
    assert len(stale(judge(many("A", FEWEST - 1), set(), [], TWO, {ISSUE}))["A"]) == FEWEST - 1
    assert judge(many("A", FEWEST), set(), [], TWO, {ISSUE}).failures


def test_the_threshold_is_judged_for_each_blueprint() -> None:
    produced = {("B", str(number)) for number in range(90)}

    verdict = judge(many("A", 10) + many("B", 100), produced, [], TWO, {ISSUE, USER})

    assert list(verdict.stale) == ["B"]
    assert len(verdict.failures) == 1


def test_a_threshold_of_one_lets_everything_go() -> None:
    one = mapping(("issue", '"A"'), threshold=1)

    assert len(stale(judge(many("A", 50), set(), [], one, {ISSUE}))["A"]) == 50


def test_what_is_held_back_is_no_failure() -> None:
    verdict = judge(many("A", 50), set(), [], TWO, {USER})

    assert (list(verdict.held_back), verdict.failures) == (["A"], [])


# --- all of it ------------------------------------------------------------------------------


def licensed(blueprint: str, claims: Iterable[Claim], mapped: Mapping, whole: set) -> bool:
    """The rule of the house, as it is written, without a word about how it is computed."""
    everyone = all((one.kind, one.index) in whole for one in mapped.resources)
    if everyone:
        return True
    today = {(one.kind, one.index, one.hash) for one in mapped.resources}
    literal = [
        (one.kind, one.index)
        for one in mapped.resources
        if one.program.bodies[0]["blueprint"] == json.dumps(blueprint)
    ]
    made = [one for one in claims if one.blueprint == blueprint]
    known = all((one.kind, one.index, one.mapping) in today for one in made)
    heard = all(key in whole for key in literal + [(one.kind, one.index) for one in made])
    return bool(literal or made) and known and heard


@pytest.mark.parametrize("seed", range(300))
def test_nothing_goes_without_a_licence_and_nothing_licensed_stays(seed: int) -> None:
    chance = random.Random(seed)
    blueprints, kinds = ["A", "B", "C"], ["issue", "user", "team"]
    mapped = mapping(
        *((chance.choice(kinds), chance.choice(['"A"', '"B"', ".type"]))
          for _ in range(chance.randint(1, 4))),
        threshold=1,
    )  # fmt: skip
    keys = [(one.kind, one.index) for one in mapped.resources]
    whole = {key for key in keys if chance.random() < 0.7}
    claims = [
        claim(
            key,
            chance.choice(blueprints),
            mapped if key in keys and chance.random() < 0.8 else None,
        )
        for key in chance.choices([*keys, ("gone", 9)], k=chance.randint(0, 4))
    ]
    listing = [Owned(str(n), chance.choice(blueprints)) for n in range(12)]
    produced = {(chance.choice(blueprints), str(chance.randint(0, 12))) for _ in range(8)}

    verdict = judge(listing, produced, claims, mapped, whole)

    expected = {
        (one.blueprint, one.identifier)
        for one in listing
        if licensed(one.blueprint, claims, mapped, whole)
    } - produced
    gone = {(name, one) for name, several in verdict.stale.items() for one in several}
    assert gone == expected
