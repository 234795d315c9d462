"""The first resources: blueprints that fit together."""

import json
from pathlib import Path

RESOURCES = Path(__file__).resolve().parents[1] / ".port" / "resources"
BLUEPRINTS = {
    blueprint["identifier"]: blueprint
    for blueprint in json.loads((RESOURCES / "blueprints.json").read_text())
}


def test_every_relation_leads_to_a_blueprint_that_is_made_with_it():
    targets = {
        relation["target"]
        for blueprint in BLUEPRINTS.values()
        for relation in blueprint["relations"].values()
    }

    assert targets < set(BLUEPRINTS)


def test_no_relation_is_required_so_that_a_missing_related_entity_can_be_made():
    assert not any(
        relation["required"]
        for blueprint in BLUEPRINTS.values()
        for relation in blueprint["relations"].values()
    )
