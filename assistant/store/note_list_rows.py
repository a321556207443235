"""SQL for lists of notes. Plain functions, to be called inside ``Vault.read``.

A list never reads a text: what it shows of each note stands in an index, whole.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from assistant.notes.names import folded
from assistant.notes.records import NoteFilter, NoteLine
from assistant.store import note_link_rows, tag_rows
from assistant.store.sqlcipher import Connection, Row
from assistant.text import storable

_LISTED = """
    SELECT id, title, excerpt, pinned, updated_at, NULL FROM note INDEXED BY note_listed
        WHERE deleted_at IS NULL ORDER BY pinned DESC, updated_at DESC, id DESC
"""

# 0: it is being deleted for good.
_TRASH = """
    SELECT id, title, excerpt, pinned, updated_at, deleted_at FROM note
        WHERE deleted_at > 0 ORDER BY deleted_at DESC, id DESC
"""

_CHOSEN = """
    SELECT id, title, excerpt, pinned, updated_at, NULL FROM note
        WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL
        ORDER BY updated_at DESC, id DESC
"""

# Through an index that holds both ids and little else: a word that stands in most passages would
# otherwise have each of them read and decrypted.
_WITH_WORD = """
    SELECT DISTINCT note_id FROM passage INDEXED BY passage_note
        WHERE note_id IS NOT NULL
        AND id IN (SELECT rowid FROM passage_words WHERE passage_words MATCH ?)
"""

# Not split into passages yet, so that their words are in no index.
_WAITING = """
    SELECT id, text FROM note WHERE id IN
        (SELECT owner_id FROM index_queue WHERE kind = 'note' ORDER BY owner_id DESC LIMIT ?)
"""
_MOST_WAITING: Final = 2_000  # of the newest; about 50 ms

# A longer query was pasted, not typed.
_MOST_CHARACTERS: Final = 256
_MOST_WORDS: Final = 8


def lines(connection: Connection, chosen: NoteFilter) -> list[NoteLine]:
    """Notes, pinned ones first and the newest of each first; of the trash what came last first.

    Words must all stand in the note or its title; each may be the beginning of one.
    """
    rows = connection.execute(_TRASH if chosen.trash else _LISTED).fetchall()
    if chosen.tag.strip():
        tagged = tag_rows.notes_with(connection, chosen.tag)
        rows = [row for row in rows if row[0] in tagged]
    for word in _words(chosen.words):
        found = _with_word(connection, word, rows)
        rows = [row for row in rows if row[0] in found]
    return _lines(connection, rows)


def backlinks(connection: Connection, note_id: int) -> list[NoteLine]:
    """The notes with a link that leads to this one, the newest first."""
    return _chosen(connection, note_link_rows.linking(connection, note_id))


def _chosen(connection: Connection, ids: Collection[int]) -> list[NoteLine]:
    rows = connection.execute(_CHOSEN, (json.dumps(sorted(ids)),)).fetchall()
    return _lines(connection, rows)


def _lines(connection: Connection, rows: list[Row]) -> list[NoteLine]:
    tags = tag_rows.shown(connection) if rows else {}
    return [
        NoteLine(
            id=row[0],
            title=row[1],
            excerpt=row[2],
            pinned=bool(row[3]),
            tags=tags.get(row[0], ()),
            updated_at=row[4],
            deleted_at=row[5],
        )
        for row in rows
    ]


def _words(typed: str) -> list[str]:
    # FTS5 reads its language up to the first NUL.
    words = storable(typed[:_MOST_CHARACTERS].replace("\0", " ")).split()
    return list(dict.fromkeys(words))[:_MOST_WORDS]


def _with_word(connection: Connection, word: str, rows: list[Row]) -> set[int]:
    """Notes that have a word, or one that begins so: in the title, the index, or not there yet."""
    wanted = folded(word)
    found = {row[0] for row in rows if wanted in folded(row[1])}
    found |= {row[0] for row in connection.execute(_WITH_WORD, (_expression(word),))}
    waiting = connection.execute(_WAITING, (_MOST_WAITING,))
    return found | {note_id for note_id, text in waiting if wanted in folded(text)}


def _expression(word: str) -> str:
    """One word in FTS5's language, as text: what is in it means nothing there."""
    quoted = '"' + word.replace('"', '""') + '"'
    # One ASCII letter begins a good part of all words: looking them all up takes too long.
    return quoted + ("*" if len(word) > 1 or not word.isascii() else "")
