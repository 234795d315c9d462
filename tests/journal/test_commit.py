import sqlite3
from concurrent.futures import Future
from contextlib import closing

import pytest

from framework.errors import JournalError
from framework.events import Resync
from framework.journal import commit, work
from framework.journal.commit import Request


def request(job):
    return Request(job, Future())


def recording(name, reason="asked for"):
    event = Resync(name, None, reason)
    return request(lambda connection: work.record(connection, event, ["jira"]))


def recorded(path):
    with closing(sqlite3.connect(path)) as reader:
        return [name for (name,) in reader.execute("SELECT id FROM events ORDER BY id")]


def test_requests_share_one_transaction(connection):
    transactions = []
    connection.set_trace_callback(transactions.append)
    requests = [recording("e1"), recording("e2")]

    commit.together(connection, requests)

    assert transactions.count("COMMIT") == 1
    assert [len(one.answer.result()) for one in requests] == [1, 1]


def test_an_answer_comes_after_the_commit(connection, path):
    one = recording("e1")
    seen = []
    one.answer.add_done_callback(lambda _: seen.extend(recorded(path)))

    commit.together(connection, [one])

    assert seen == ["e1"]


def test_a_request_that_fails_leaves_the_others_whole(connection, path):
    def half(connection):
        work.record(connection, Resync("half", None, "asked for"), ["jira"])
        return connection.execute("SELECT nonsense")

    broken, good = request(half), recording("good")
    commit.together(connection, [broken, good])

    assert recorded(path) == ["good"]
    assert good.answer.result()
    with pytest.raises(JournalError, match="no such column: nonsense"):
        broken.answer.result()


def test_an_error_that_is_not_the_databases_reaches_its_caller_as_it_is(connection):
    broken = request(lambda _: {}["missing"])
    commit.together(connection, [broken])

    with pytest.raises(KeyError):
        broken.answer.result()


def test_a_locked_file_fails_the_group_and_not_the_next_one(connection, path):
    first, second = recording("e1"), recording("e2")

    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        commit.together(connection, [first])
    commit.together(connection, [second])

    with pytest.raises(JournalError, match="database is locked; check"):
        first.answer.result()
    assert recorded(path) == ["e2"]


def test_a_full_disk_fails_the_group_and_not_the_next_one(connection, path):
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    first, second = recording("e1", reason="long" * 10_000), recording("e2")

    commit.together(connection, [first])
    connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    commit.together(connection, [second])

    with pytest.raises(JournalError, match="disk is full"):
        first.answer.result()
    assert recorded(path) == ["e2"]


def test_a_commit_that_fails_is_rolled_back(connection, path):
    def orphan(connection):
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO deliveries (event, identifier) VALUES ('absent', 'jira')")

    broken, good = request(orphan), recording("good")
    commit.together(connection, [broken])
    commit.together(connection, [good])

    with pytest.raises(JournalError, match="FOREIGN KEY"):
        broken.answer.result()
    assert recorded(path) == ["good"]


def test_when_sqlite_gives_up_the_transaction_the_whole_group_fails(connection, path):
    def give_up(connection):
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    good = recording("good")
    commit.together(connection, [good, request(give_up)])

    with pytest.raises(JournalError, match="disk I/O error"):
        good.answer.result()
    assert recorded(path) == []


def test_a_cancelled_request_is_not_begun(connection, path):
    one = recording("e1")
    one.answer.cancel()

    commit.together(connection, [one])

    assert recorded(path) == []
