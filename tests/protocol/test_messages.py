from typing import get_args

import msgspec
import pytest

from framework.protocol import framing
from framework.protocol.messages import (
    Ack,
    Bye,
    Cancel,
    Configure,
    Done,
    Down,
    Failure,
    IntegrationHello,
    KindDone,
    KindRequest,
    Log,
    Message,
    Page,
    Ping,
    Pong,
    Progress,
    Ready,
    Resync,
    Shutdown,
    Stacks,
    StacksAnswer,
    SupervisorHello,
    Up,
)

ON_THE_WIRE = [
    (
        SupervisorHello([1], "1.2.0", "s", max_frame_up=1),
        b'{"type":"hello","protocol":[1],"framework":"1.2.0","session":"s","maxFrameUp":1}',
    ),
    (
        Configure("mine", "jira", msgspec.Raw(b'{"a":1}')),
        b'{"type":"configure","identifier":"mine","integrationType":"jira","config":{"a":1}}',
    ),
    (
        Resync("d", 1, [KindRequest("issue", 0, msgspec.Raw(b'{"query":"true"}'))]),
        (
            b'{"type":"resync","delivery":"d","attempt":1,'
            b'"kinds":[{"kind":"issue","index":0,"selector":{"query":"true"}}]}'
        ),
    ),
    (Cancel("d", "enough"), b'{"type":"cancel","delivery":"d","reason":"enough"}'),
    (Ack("d", 3), b'{"type":"ack","delivery":"d","seq":3}'),
    (Ping(1), b'{"type":"ping","n":1}'),
    (Stacks(1), b'{"type":"stacks","n":1}'),
    (Shutdown(30.0), b'{"type":"shutdown","graceSeconds":30.0}'),
    (
        IntegrationHello(1, kinds=["issue"], capabilities=["stacks"]),
        b'{"type":"hello","protocol":1,"kinds":["issue"],"capabilities":["stacks"]}',
    ),
    (Ready(), b'{"type":"ready"}'),
    (
        Page("d", 1, "issue", 0, [msgspec.Raw(b'{"id":1}')]),
        b'{"type":"page","delivery":"d","seq":1,"kind":"issue","index":0,"items":[{"id":1}]}',
    ),
    (
        KindDone("d", "issue", 0, "no"),
        b'{"type":"kindDone","delivery":"d","kind":"issue","index":0,"error":"no"}',
    ),
    (Progress("d", 1.5), b'{"type":"progress","delivery":"d","done":1.5}'),
    (
        Log("info", "read", {"count": 3}, 2),
        b'{"type":"log","level":"info","message":"read","fields":{"count":3},"dropped":2}',
    ),
    (
        Done("d", "failed", Failure("auth", "401")),
        (
            b'{"type":"done","delivery":"d","outcome":"failed",'
            b'"error":{"class":"auth","message":"401"}}'
        ),
    ),
    (Pong(1, 2, 3.5), b'{"type":"pong","n":1,"inFlight":2,"oldestSeconds":3.5}'),
    (StacksAnswer(1, "Thread MainThread"), b'{"type":"stacks","n":1,"text":"Thread MainThread"}'),
    (Bye("shutdown"), b'{"type":"bye","reason":"shutdown"}'),
]


@pytest.mark.parametrize(("message", "line"), ON_THE_WIRE)
def test_a_message_looks_on_the_wire_as_the_protocol_says(message, line):
    encoded = framing.encode(message)
    assert encoded == line + b"\n"
    assert msgspec.json.decode(encoded, type=type(message)) == message


def test_every_message_is_shown_above():
    shown = {type(message) for message, _ in ON_THE_WIRE}
    assert shown == {*get_args(Up), *get_args(Down)}


@pytest.mark.parametrize("union", [Up, Down])
def test_the_tags_of_one_direction_are_distinct(union):
    tags = [member.__struct_config__.tag for member in get_args(union)]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("sort", [*get_args(Up), *get_args(Down)])
def test_a_message_about_a_delivery_names_it_first(sort):
    assert issubclass(sort, Message)
    fields = [field.encode_name for field in msgspec.structs.fields(sort)]
    assert "delivery" not in fields[1:]


@pytest.mark.parametrize("sort", [*get_args(Up), *get_args(Down)])
def test_fields_of_a_newer_peer_are_ignored(sort):
    assert not sort.__struct_config__.forbid_unknown_fields
