from framework.logs.backlog import BATCH, LARGEST, Backlog

ROOM = 100


def taken(backlog):
    return [(line.owner, line.data) for line in backlog.take(0)]


def test_lines_come_out_in_the_order_in_which_they_went_in():
    backlog = Backlog(ROOM)
    for owner, data in (("jira", b"1"), ("kafka", b"2"), ("jira", b"3")):
        backlog.add(owner, data)
    assert taken(backlog) == [("jira", b"1"), ("kafka", b"2"), ("jira", b"3")]
    assert taken(backlog) == []


def test_a_flood_costs_its_owner_alone():
    backlog = Backlog(ROOM)
    backlog.share("kafka")
    for _ in range(100):
        backlog.add("jira", b"0123456789")
    backlog.add("kafka", b"here")

    assert taken(backlog) == [("jira", b"0123456789")] * 5 + [("kafka", b"here")]
    assert (backlog.share("jira").refused, backlog.share("kafka").refused) == (95, 0)


def test_there_is_room_again_once_lines_were_taken():
    backlog = Backlog(ROOM)
    backlog.add("jira", b"x" * ROOM)
    backlog.add("jira", b"lost")
    backlog.take(0)
    backlog.add("jira", b"kept")
    (line,) = backlog.take(0)
    assert (line.data, line.refused) == (b"kept", 1)


def test_a_line_that_is_longer_than_a_share_goes_in_alone():
    backlog = Backlog(ROOM)
    backlog.add("jira", b"x" * 2 * ROOM)
    backlog.add("jira", b"lost")
    assert taken(backlog) == [("jira", b"x" * 2 * ROOM)]


def test_nobody_has_more_than_the_largest_share():
    backlog = Backlog(10 * LARGEST)
    half = b"x" * (LARGEST // 2)
    for _ in range(3):
        backlog.add("jira", half)
    assert backlog.share("jira").refused == 1


def test_a_batch_is_not_everything():
    backlog = Backlog(LARGEST)
    for _ in range(5):
        backlog.add("jira", b"x" * (BATCH // 2))
    assert [len(backlog.take(0)) for _ in range(4)] == [2, 2, 1, 0]


def test_it_ends_behind_what_was_there():
    backlog = Backlog(ROOM)
    backlog.add("jira", b"1")
    backlog.end()
    assert not backlog.ended
    assert taken(backlog) == [("jira", b"1")]
    assert backlog.ended


def test_a_late_line_is_not_lost():
    backlog = Backlog(ROOM)
    backlog.end()
    assert taken(backlog) == []
    backlog.add("jira", b"late")
    assert taken(backlog) == [("jira", b"late")]
