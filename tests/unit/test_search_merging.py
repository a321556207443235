"""The index of words comes to few pieces while nothing else is to be done."""

from __future__ import annotations

from assistant.power.plan import Plan
from assistant.search.merging import Merging
from assistant.store.sqlcipher import Connection
from tests.unit.indexed import RESTING, Indexed

NOTES = 12


def pieces(connection: Connection) -> int:
    """How many pieces there are: the second number of FTS5's structure record (fts5_index.c)."""
    (block,) = connection.execute("SELECT block FROM passage_words_data WHERE id = 10").fetchone()
    at = 8 if block[4:8] == b"\xff\x00\x00\x01" else 4  # the cookie, and the second format's mark
    assert block[at] < 0x80
    assert block[at + 1] < 0x80  # numbers of one byte
    return int(block[at + 1])


def written_one_by_one(indexed: Indexed) -> None:
    """Each note comes to the index in a transaction of its own, while nothing is merged."""
    indexed.plan = RESTING
    for number in range(NOTES):
        indexed.note(f"the keeper lit lamp number{number}")
        indexed.run()


def test_pieces_are_merged_once_the_governor_allows() -> None:
    """Of many that were written one by one few are left, and every word is found as before."""
    with Indexed() as indexed:
        written_one_by_one(indexed)
        before = indexed.vault.read(pieces).result()
        indexed.plan = Plan()
        indexed.run()
        after = indexed.vault.read(pieces).result()
        assert after <= 2 < before
        for number in range(NOTES):
            assert indexed.find(f"number{number}").hits
        assert len(indexed.find("keeper").hits) == NOTES


def test_nothing_is_written_where_nothing_came() -> None:
    """An index in few pieces is left alone, until passages are written again."""
    with Indexed() as indexed:
        written_one_by_one(indexed)
        merging = Merging(indexed.vault)
        while merging.go_on():
            pass
        changes = "SELECT total_changes()"
        before = indexed.sql(changes)
        assert not merging.go_on()
        assert indexed.sql(changes) == before
        merging.begin()
        merging.go_on()
        assert indexed.sql(changes) != before
