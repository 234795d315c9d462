import base64
import json
import re
import threading
from urllib.parse import quote, quote_plus

import pytest

from framework import masking
from framework.masking import HIDDEN, Masks

SECRET = 'pa55/w"ord+ü\\1'
TOKEN = "tok-1234567890"


@pytest.fixture
def masks():
    masks = Masks()
    masks.learn("jira", [SECRET, TOKEN])
    return masks


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
        json.dumps({"a": SECRET}),
        json.dumps({"a": SECRET}, ensure_ascii=False),
        repr({"a": SECRET}),
        f"before{SECRET}after{SECRET}",
    ],
)
def test_a_secret_is_hidden_however_it_is_escaped(masks, written):
    hidden = masks.hide("jira", written)

    assert HIDDEN in hidden
    assert not any(part in hidden for part in ("pa55", "ord"))


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "a longer user:"])
@pytest.mark.parametrize("after", ["", "!", "!!"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_hidden_in_base64_wherever_it_stands(masks, before, after, encode):
    header = encode(f"{before}{TOKEN}{after}".encode()).decode()

    hidden = masks.hide("jira", f"Authorization: Basic {header}")

    decoded = base64.b64decode(header)
    assert HIDDEN in hidden
    assert TOKEN.encode() in decoded
    assert not any(header[at : at + 8] in hidden for at in range(len(before) * 2, len(header) - 8))


def test_what_is_shorter_than_six_characters_is_left_alone():
    masks = Masks()
    masks.learn("jira", ["a", "12345"])
    assert masks.hide("jira", "a banana costs 12345") == "a banana costs 12345"


def test_a_secret_that_holds_another_is_hidden_as_one():
    masks = Masks()
    masks.learn("jira", ["secret", "secret-long"])
    assert masks.hide("jira", "secret-long secret") == f"{HIDDEN} {HIDDEN}"


def test_each_line_of_a_key_is_hidden():
    masks = Masks()
    masks.learn("jira", ["-----BEGIN KEY-----\nMIIEabcdef\nghijklmnop\n-----END KEY-----\n"])
    assert masks.hide("jira", "bad: MIIEabcdef, ghijklmnop") == f"bad: {HIDDEN}, {HIDDEN}"


def test_a_text_of_one_integration_is_searched_for_its_own_secrets_and_the_shared_ones(masks):
    masks.learn("shop", ["of the shop"])
    masks.learn_shared("port", ["of port"])

    assert masks.hide("shop", f"{TOKEN} of the shop of port") == f"{TOKEN} {HIDDEN} {HIDDEN}"


def test_a_text_of_the_supervisor_or_of_a_stranger_is_searched_for_all(masks):
    masks.learn_shared("port", ["of port"])

    assert masks.hide_all(f"{TOKEN} of port") == f"{HIDDEN} {HIDDEN}"
    assert masks.hide("removed", f"{TOKEN} of port") == f"{HIDDEN} {HIDDEN}"


def test_a_secret_that_another_replaced_is_hidden_for_a_while(masks):
    masks.learn("jira", ["another"])
    assert masks.hide("jira", f"{TOKEN} another") == f"{HIDDEN} {HIDDEN}"

    for number in range(masking.EARLIER):
        masks.learn("jira", [f"secret {number}"])
    assert masks.hide("jira", f"{TOKEN} secret 0") == f"{TOKEN} {HIDDEN}"


def test_secrets_may_be_learned_while_others_hide(masks):
    seen = []

    def hide():
        seen.extend(masks.hide("jira", f"{TOKEN} {number}") for number in range(500))

    threads = [threading.Thread(target=hide) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(500):
        masks.learn_shared("port", [f"token {number}"])
    for thread in threads:
        thread.join(60)

    assert len(seen) == 1500
    assert not any(TOKEN in text for text in seen)
    assert masks.hide("jira", "token 499") == HIDDEN
