"""Writing the indexes of words anew, in small parts. For the store thread, between transactions.

FTS5 keeps an index as segments, and merging all of them writes one new segment, in which nothing
is left of words that were deleted: not the words, and not their beginnings in the directory of
the pages. It can be asked for some pages at a time, and goes on where it was also after a kill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlcipher3 import dbapi2

from assistant.store import chore_rows, search_rows
from assistant.store.sqlcipher import Connection

_PAGES: Final = 64  # of an index, merged at once: 15 to 30 ms (measured)
_TERMS: Final = 2_000  # of the different words, looked at at once: some 30 ms (measured)

_SOME_TERMS: Final = """
    SELECT max(term), count(*) FROM
        (SELECT term FROM passage_term WHERE term > ? ORDER BY term LIMIT ?)
"""
_SWEEP: Final = """
    DELETE FROM passage_term WHERE term > :after AND term <= :last AND term NOT IN
        (SELECT term FROM passage_word_counts WHERE term >= :after AND term <= :last)
"""


@dataclass(frozen=True, slots=True)
class _Index:
    """A full-text index, and the rows that it is of."""

    name: str
    table: str
    columns: str
    indexed: str  # which rows are


_INDEXES: Final = (
    _Index("message_words", "message", "text", "text <> ''"),
    _Index("conversation_words", "conversation", "title", "TRUE"),
    _Index("passage_words", "passage", "context, text", "TRUE"),
)


def parts(connection: Connection) -> Iterator[None]:
    """Write them all anew: each step is a part, in a transaction of its own.

    An index that does not match its texts, or cannot be read, is made from the texts, all at once.
    """
    in_transaction(connection, chore_rows.begin_words)
    yield
    try:
        if chore_rows.words_are_stale(connection):
            in_transaction(connection, search_rows.index_anew)
        else:
            for index in _INDEXES:
                yield from _merged(connection, index)
    except dbapi2.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) != dbapi2.SQLITE_CORRUPT:
            raise
        in_transaction(connection, search_rows.index_anew)
    yield from _swept(connection)
    in_transaction(connection, chore_rows.end_words)


def in_transaction(connection: Connection, work: Callable[[Connection], None]) -> None:
    """Do something whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _merged(connection: Connection, index: _Index) -> Iterator[None]:
    in_transaction(connection, lambda c: _stir(c, index))
    yield
    pages = -_PAGES  # below 0: begin to merge all there is
    while True:
        before = _changes(connection)
        merge = f"INSERT INTO {index.name} ({index.name}, rank) VALUES ('merge', {pages})"  # noqa: S608 - our names
        in_transaction(connection, lambda c, sql=merge: c.execute(sql) and None)  # type: ignore[misc]
        if _changes(connection) - before < 2:  # https://sqlite.org/fts5.html, 6.9
            return
        yield
        pages = _PAGES


def _stir(connection: Connection, index: _Index) -> None:
    """Forget a row's words and take them again: there is a new segment, to merge the others with.

    One segment alone would not be written anew. Of no row at all nothing is to be kept.
    """
    columns, name = index.columns, index.name
    newest = f"FROM {index.table} WHERE {index.indexed} ORDER BY id DESC LIMIT 1"
    row = connection.execute(f"SELECT id {newest}").fetchone()
    if row is None:
        connection.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")  # noqa: S608 - our names
        return
    source = f"id, {columns} FROM {index.table} WHERE id = ?"
    connection.execute(
        f"INSERT INTO {name} ({name}, rowid, {columns}) SELECT 'delete', {source}",
        (row[0],),
    )
    connection.execute(
        f"INSERT INTO {name} (rowid, {columns}) SELECT {source}",
        (row[0],),
    )


def _swept(connection: Connection) -> Iterator[None]:
    """Forget the different words that no passage has any more."""
    after = ""
    while True:
        row = connection.execute(_SOME_TERMS, (after, _TERMS)).fetchone()
        if row is None or row[0] is None:
            return
        span = {"after": after, "last": row[0]}
        in_transaction(connection, lambda c, at=span: c.execute(_SWEEP, at) and None)  # type: ignore[misc]
        if row[1] < _TERMS:
            return
        after = row[0]
        yield


def _changes(connection: Connection) -> int:
    row = connection.execute("SELECT total_changes()").fetchone()
    return int(row[0]) if row else 0
