"""The items of `integrations:`: resolved when they are in order, explained when not."""

import pytest


def item(**parts: str) -> str:
    lines = {"identifier": "a", "type": "kafka", "config": "{bootstrap_servers: x}"} | parts
    return "\n".join(f"    {key}: {value}" for key, value in lines.items())


def items(*written: str) -> str:
    return "integrations:\n" + "\n".join(f"  -\n{one}" for one in written)


def test_an_integration_comes_with_its_folder_its_spec_and_its_defaults(desk):
    (found,) = desk.load(items(item(env="{ZONE: '${ZONE:-eu}'}"))).integrations

    assert found.identifier == "a"
    assert found.folder == desk.folder / "integrations" / "kafka"
    assert found.spec.sensitive == {"password"}
    assert found.config == {"bootstrap_servers": "x", "page_size": 100}
    assert found.env == {"ZONE": "eu"}


def test_an_integration_shows_no_secret_in_a_log(load):
    (found,) = load(
        items(
            item(
                config="{bootstrap_servers: x, password: hunter2}",
                env="{TOKEN: hunter2}",
                indexes="['https://me:hunter2@example.com/simple']",
            )
        )
    ).integrations

    assert "hunter2" not in repr(found)
    assert "'a'" in repr(found)


def test_a_type_without_a_spec_takes_any_config(desk):
    desk.install("pets")

    (found,) = desk.load(items(item(type="pets", config="{cats: [1, {b: 2}]}"))).integrations

    assert found.config == {"cats": [1, {"b": 2}]}


def test_a_type_needs_no_more_than_a_main_py(desk):
    place = desk.folder / "integrations" / "pets"
    place.mkdir()
    (place / "main.py").touch()
    (place / "pyproject.toml").write_text('[project]\nname = "pets"\nversion = "1"\n')

    (found,) = desk.load(items(item(type="pets", config="{cats: 1}"))).integrations

    assert found.folder == place
    assert found.config == {"cats": 1}


def test_an_empty_config_is_no_config(desk):
    desk.install("pets")

    (found,) = desk.load(items(item(type="pets", config=""))).integrations

    assert found.config == {}


def test_two_integrations_with_one_identifier_are_both_named(problems):
    assert problems(items(item(), item(identifier="b"), item(), item())) == [
        (
            "config.yaml:12: integrations[2].identifier: 'a' stands on line 4 already; "
            "give each integration its own"
        ),
        (
            "config.yaml:16: integrations[3].identifier: 'a' stands on line 4 already; "
            "give each integration its own"
        ),
    ]


@pytest.mark.parametrize("identifier", ["a b", ".", "..", "a/b", "x" * 101, '"a\\n"', "''", "é"])
def test_an_identifier_has_the_letters_port_allows(problems, identifier):
    assert problems(items(item(identifier=identifier))) == [
        (
            "config.yaml:4: integrations[0].identifier: "
            "expected 1 to 100 letters, digits or any of @ _ . : -"
        )
    ]


def test_an_item_that_is_no_mapping_says_so(problems):
    assert problems("integrations: [kafka]") == [
        "config.yaml:2: integrations[0]: expected a mapping, got a string"
    ]


def test_an_empty_item_says_so(problems):
    assert problems("integrations:\n  -\n") == [
        "config.yaml:3: integrations[0]: expected a mapping, got nothing"
    ]


def test_a_missing_variable_is_named_once_with_its_line(problems):
    assert problems(items(item(config="{bootstrap_servers: '${BROKERS}', page_size: x}"))) == [
        (
            "config.yaml:6: integrations[0].config.bootstrap_servers: "
            "the environment variable BROKERS is not set; export it and start again"
        ),
        "config.yaml:6: integrations[0].config.page_size: expected an integer, got a string",
    ]


def test_an_unreadable_spec_names_file_and_line(desk):
    desk.install("broken", "title: [\n")

    (found,) = desk.problems(items(item(type="broken")))

    assert found.startswith(
        "config.yaml:5: integrations[0].type: integrations/broken/.port/spec.yaml:2: expected"
    )


@pytest.mark.parametrize(
    ("env", "name", "text"),
    [
        ("{PAGES: 5}", "PAGES", "expected a string; put it in quotes"),
        ("{A-B: x}", "A-B", "not a name for a variable"),
        ("{FRAMEWORK_PARENT: x}", "FRAMEWORK_PARENT", "do not begin with FRAMEWORK_"),
        ('{A: "\\0"}', "A", "cannot hold a null character"),
    ],
)
def test_a_variable_that_no_process_could_be_given_is_refused(problems, env, name, text):
    (found,) = problems(items(item(env=env)))

    assert found.startswith(f"config.yaml:7: integrations[0].env.{name}: ")
    assert text in found


def test_an_integration_may_be_disabled(load):
    first, second = load(items(item(enabled="no"), item(identifier="b"))).integrations

    assert (first.enabled, second.enabled) == (False, True)


def test_a_disabled_integration_is_checked_like_any_other(problems):
    assert problems(items(item(enabled="false", config="{}"))) == [
        (
            "config.yaml:6: integrations[0].config.bootstrap_servers: "
            "is missing; this type needs it (string)"
        )
    ]
